import CTorch
import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Inference

/// Which convolutions of a network are replaced by our own, and that it gives the same pictures.
@Suite struct ReplacementTests {
    /// What must be ours of a network.
    struct Expected: Sendable, CustomTestStringConvertible {
        var name: String
        /// Of its multiplications.
        var share: ClosedRange<Double> = 1...1
        /// Shuffles and sums behind them, and concatenations that are saved.
        var shuffles = 0, apart = 0
        /// Of the last shuffle, where it is left to what comes behind.
        var left = 0
        var testDescription: String { name }
    }

    private static let networks = [
        Expected(name: "activations", shuffles: 1), Expected(name: "traced", shuffles: 1),
        Expected(name: "branches", shuffles: 1), Expected(name: "concatenated", shuffles: 1, apart: 2),
        Expected(name: "others", share: 0.2...0.8), Expected(name: "noBias", shuffles: 1),
        Expected(name: "conditional", shuffles: 1), Expected(name: "loop", shuffles: 1),
        Expected(name: "large", share: 0...0),
        Expected(name: "residual", shuffles: 2), Expected(name: "residualTraced", shuffles: 2),
        Expected(name: "residualFirst", shuffles: 2), Expected(name: "residualGray", shuffles: 2),
        Expected(name: "residualAltered", shuffles: 1), Expected(name: "largeAltered", shuffles: 1),
        Expected(name: "residualSmooth", shuffles: 1), Expected(name: "shuffleAltered", shuffles: 2),
        Expected(name: "pyramid", shuffles: 4), Expected(name: "pyramidAltered", shuffles: 3),
        Expected(name: "dense", shuffles: 1, apart: 2), Expected(name: "denseOdd", shuffles: 1, apart: 2),
        Expected(name: "denseAltered", shuffles: 1), Expected(name: "denseListAltered", shuffles: 1, apart: 1),
        Expected(name: "denseTwice", shuffles: 1, apart: 1), Expected(name: "denseTypes", shuffles: 1, apart: 1),
        Expected(name: "last", shuffles: 2, left: 2), Expected(name: "lastTraced", shuffles: 2, left: 2),
        Expected(name: "lastAltered", shuffles: 2), Expected(name: "lastAlteredTraced", shuffles: 2),
        Expected(name: "lastGray", shuffles: 2, left: 2),
    ]

    @Test(arguments: networks) func picturesStay(expected: Expected) async throws {
        let path = try await Self.model(expected.name)
        let share = try ModelFile.ownShare(of: path)
        #expect(expected.share.contains(share), "\(share)")
        let network = try Network(.file(path), device: .cpu, precision: .fp32)
        #expect(ct_model_own_shuffles(network.handle) == expected.shuffles)
        #expect(ct_model_own_concatenations(network.handle) == expected.apart)
        #expect(ct_model_left_shuffle(network.handle) == expected.left)
        let format = PictureFormat.make(45, 31, .rgb)
        let pictures = (0..<2).map { PictureBuffer.noise(format, seed: $0) }
        let results = try [CPUEngine.torch, .auto].map { engine in
            try Upscaler.cpu(.file(path), format, scale: 2, batch: 2, engine: engine)
                .upscale(pictures, numbers: [0, 1]).map(\.samples)
        }
        let pairs = zip(results[0].joined().joined(), results[1].joined().joined())
        #expect(pairs.allSatisfy { abs($0 - $1) <= 1 })
        #expect(pairs.count { $0 != $1 } < 45 * 31 * 24 / 200)
        #expect(Set(results[0][0][0]).count > 40)
    }

    /// A layer of a network that gives other channels than the next one takes: said, not read beyond the weights.
    @Test func channelsThatDoNotFitAreRefused() async throws {
        let path = try await Self.model("mismatched")
        let error = #expect(throws: InferenceError.self) { try ModelFile.validate(path) }
        #expect(error?.message.contains("do not fit its input of 64 channels") == true, "\(error?.message ?? "")")
    }

    /// Tiles decide on the last bits: a job's is kept, even where memory runs out.
    @Test func onlyNetworksWithoutOursGoOnInSmallerTiles() async throws {
        let (ours, others) = (
            try Network(.file(try await Self.model("noBias")), device: .cpu, precision: .fp32),
            try Network(.file(try await Self.model("large")), device: .cpu, precision: .fp32)
        )
        #expect(ours.dependsOnTiles && !others.dependsOnTiles)
        let torch = try Network(
            .file(try await Self.model("noBias")), device: .cpu, precision: .fp32, engine: .torch)
        #expect(!torch.dependsOnTiles)
    }

    private static func model(_ name: String) async throws -> String {
        let folder = try await Fixtures.shared.file("replaced-models") { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try script.write(toFile: "\(path)/make.py", atomically: true, encoding: .utf8)
            try await run("/usr/bin/python3", ["-B", "\(path)/make.py", path])
        }
        return "\(folder)/\(name).pt"
    }

    private static let script = #"""
        import json, sys, torch
        from torch import nn
        from torch.nn import functional as F

        def conv(i, o, k=3, **more):
            return nn.Conv2d(i, o, k, padding=more.pop("padding", k // 2), **more)

        class Activations(nn.Module):
            def __init__(self):
                super().__init__()
                self.body = nn.Sequential(conv(3, 24), nn.PReLU(24), conv(24, 33), nn.PReLU(), conv(33, 16), nn.LeakyReLU(0.1),
                    conv(16, 20), nn.ReLU(inplace=True), conv(20, 12), nn.PixelShuffle(2))
            def forward(self, x):
                return self.body(x)

        class Branches(nn.Module):  # results that are used twice keep their activations behind them
            def __init__(self):
                super().__init__()
                self.a, self.b, self.act = conv(3, 16), conv(16, 12), nn.ReLU()
            def forward(self, x):
                y = self.a(x)
                return F.pixel_shuffle(self.b(y + self.act(y)), 2)

        class Concatenated(nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.b, self.c = conv(3, 16), conv(19, 16), conv(35, 12)
            def forward(self, x):
                y = F.leaky_relu(self.a(x), 0.2)
                z = F.leaky_relu(self.b(torch.cat([x, y], 1)), 0.2)
                return F.pixel_shuffle(self.c(torch.cat([x, y, z], 1)) * 0.5 + 0.2, 2)

        class Others(nn.Module):  # of other sizes, strides, groups, dilations, paddings
            def __init__(self):
                super().__init__()
                self.body = nn.Sequential(conv(3, 16, 5), conv(16, 16, groups=4), conv(16, 16, padding=2, dilation=2),
                    conv(16, 16, 1), nn.Conv2d(16, 16, 3, padding="same"), conv(16, 16, padding_mode="reflect"), conv(16, 16),
                    nn.Upsample(scale_factor=2), nn.ConvTranspose2d(16, 16, 3, padding=1), conv(16, 3))
            def forward(self, x):
                return self.body(x)

        class NoBias(nn.Module):
            def __init__(self):
                super().__init__()
                self.body = nn.Sequential(conv(3, 17, bias=False), nn.PReLU(17), conv(17, 12, bias=False), nn.PixelShuffle(2))
            def forward(self, x):
                return self.body(x)

        class Conditional(nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.b = conv(3, 16), conv(16, 12)
            def forward(self, x):
                y = self.a(x)
                if x.size(0) > 1:
                    y = F.relu(y)
                else:
                    y = y * 0.5
                return F.pixel_shuffle(self.b(y), 2)

        class Loop(nn.Module):  # an activation that is done three times
            def __init__(self):
                super().__init__()
                self.a, self.b = conv(3, 16), conv(16, 12)
            def forward(self, x):
                y = self.a(x)
                z = x.mean(1, keepdim=True)
                for _ in range(x.size(0) + 1):
                    z = z * 0.5 + F.leaky_relu_(y, 0.5)
                return F.pixel_shuffle(self.b(z), 2)

        def enlarged(x, factor: float):  # what interpolate would bring all its branches along for
            return torch._C._nn.upsample_nearest2d(x, None, [factor, factor])

        class Residual(nn.Module):  # the end of most networks: what is fused, and what only looks like it
            def __init__(self, kind: str):
                super().__init__()
                self.kind, self.a, self.b = kind, conv(3, 16), conv(16, 12)
            def forward(self, x):
                large = enlarged(x, 2.0)
                y = self.b(F.relu(self.a(x)))
                if self.kind == "residualFirst":
                    return large + F.pixel_shuffle(y, 2)
                if self.kind == "residualGray":
                    return F.pixel_shuffle(y, 2) + enlarged(x[:, :1], 2.0)
                if self.kind == "residualAltered":
                    x.mul_(-0.5)
                if self.kind == "largeAltered":
                    large.mul_(-0.5)
                if self.kind == "residualSmooth":
                    return F.pixel_shuffle(y, 2) + F.interpolate(x, scale_factor=2.0, mode="bilinear")
                z = F.pixel_shuffle(y, 2)
                if self.kind == "shuffleAltered":
                    y.mul_(0.5)
                    return z + large + F.pixel_shuffle(y, 2)
                if self.kind == "residualAltered":
                    return z + large + x.mean()
                return z + large

        class Pyramid(nn.Module):  # one shuffle's result is what the next one's is added to
            def __init__(self, kind: str):
                super().__init__()
                self.kind, self.a, self.b, self.c = kind, conv(3, 16), conv(16, 12), conv(3, 3)
            def forward(self, x):
                first = F.pixel_shuffle(self.b(F.relu(self.a(x))), 2) + enlarged(x, 2.0)
                large = enlarged(first, 1.0)
                if self.kind == "pyramidAltered":
                    first.clamp_(-0.2, 0.2)
                return F.pixel_shuffle(self.c(first * 0.5), 1) + large

        class Dense(nn.Module):  # concatenated inputs, which need not be copied, and such that must
            def __init__(self, kind: str):
                super().__init__()
                self.kind, width = kind, 17 if kind == "denseOdd" else 16
                self.a, self.b = conv(3, width), conv(width, 32)
                self.c, self.d, self.e = conv(width + 32, 5), conv(width + 37, 12), conv(width + 32, 5)
            def forward(self, x):
                y = F.leaky_relu_(self.a(x), 0.2)
                z = F.leaky_relu_(self.b(y), 0.2)
                parts = [y, z]
                if self.kind == "denseListAltered":
                    parts[0] = y * 0.5
                both = torch.cat(parts, 1)
                if self.kind == "denseAltered":
                    y.mul_(0.5)
                w = self.c(both)
                if self.kind == "denseTwice":
                    w = w + self.e(both)
                return F.pixel_shuffle(self.d(torch.cat([y, z, w], 1)), 2)

        class Types(nn.Module):  # of which one result is made
            def __init__(self):
                super().__init__()
                self.a, self.b = conv(6, 16), conv(16, 12)
            def forward(self, x):
                return F.pixel_shuffle(self.b(self.a(torch.cat([x, x > 0.1], 1))), 2)

        class Mismatched(nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.b = conv(3, 64), conv(16, 12)
            def forward(self, x):
                return F.pixel_shuffle(self.b(self.a(x)), 2)

        class Large(nn.Module):
            def __init__(self):
                super().__init__()
                self.a = conv(3, 12, 5)
            def forward(self, x):
                return F.pixel_shuffle(self.a(x), 2)

        class Last(nn.Module):  # a shuffle with a sum is the last thing done, or is written to
            def __init__(self, kind: str):
                super().__init__()
                self.kind, self.a, self.b = kind, conv(3, 16), conv(16, 12)
            def forward(self, x):
                y = F.pixel_shuffle(self.b(F.relu(self.a(x))), 2)
                y = y + enlarged(x[:, :1] if self.kind == "lastGray" else x, 2.0)
                if self.kind == "lastAltered":
                    y.clamp_(0.4, 0.6)
                if self.kind == "lastAlteredTraced":
                    y[:, :, :20] = 0.5
                return y

        class Bounded(nn.Module):
            def __init__(self, inner):
                super().__init__()
                self.inner = inner
            def forward(self, x):
                return torch.sigmoid(self.inner(x - 0.5))

        def save(name, module):
            torch.manual_seed(7)
            isLast = name.startswith("last")
            module = module if isLast else Bounded(module)
            for p in module.parameters():
                nn.init.normal_(p, 0, 1.4 / p[0].numel() ** 0.5) if p.dim() > 1 else nn.init.uniform_(p, -0.2, 0.3)
            if isLast:  # a little more or less than the source
                for p in module.b.parameters():
                    p.mul_(0.1)
            module.eval()
            made = torch.jit.trace(module, torch.rand(1, 3, 24, 24)) if "raced" in name else torch.jit.script(module)
            description = dict(name=name, scale=2, receptive_radius=12, window=1, value_range=[0, 1], licence="none needed",
                source="made for tests", source_sha256="0" * 64)
            torch.jit.save(made, f"{sys.argv[1]}/{name}.pt", _extra_files={"model.json": json.dumps(description)})

        with torch.no_grad():
            save("activations", Activations())
            save("traced", Activations())
            save("branches", Branches())
            save("concatenated", Concatenated())
            save("others", Others())
            save("noBias", NoBias())
            save("conditional", Conditional())
            save("loop", Loop())
            for kind in ["residual", "residualTraced", "residualFirst", "residualGray", "residualAltered", "largeAltered",
                         "residualSmooth", "shuffleAltered"]:
                save(kind, Residual(kind))
            for kind in ["pyramid", "pyramidAltered"]:
                save(kind, Pyramid(kind))
            for kind in ["dense", "denseOdd", "denseAltered", "denseListAltered", "denseTwice"]:
                save(kind, Dense(kind))
            for kind in ["last", "lastTraced", "lastAltered", "lastAlteredTraced", "lastGray"]:
                save(kind, Last(kind))
            save("denseTypes", Types())
            save("mismatched", Mismatched())
            save("large", Large())
        """#
}
