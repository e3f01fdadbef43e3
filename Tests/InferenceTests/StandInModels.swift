import Foundation
import TestSupport

/// Networks made for tests by Debian's PyTorch: ones that break the contract, and a small one with a halo.
enum StandIn: String {
    case blur2, blur2Frozen, blur2Wide, contrast2, bright2NaN, black2, wrongShape, noDescription, lacksScale, badJSON,
        hungryBatch, median3, echo5, random2
    case hungryTile

    /// The path of this model's file; all are made at first use.
    var path: String {
        get async throws { "\(try await StandIn.directory)/\(rawValue).pt" }
    }

    static var directory: String {
        get async throws {
            try await Fixtures.shared.file("stand-in-models") { path in
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                // TorchScript reads the source of what it compiles: it must be a file.
                try script.write(toFile: "\(path)/make.py", atomically: true, encoding: .utf8)
                try await run("/usr/bin/python3", ["-B", "\(path)/make.py", path])
            }
        }
    }

    private static let script = #"""
        import json, sys, torch

        class Network(torch.jit.ScriptModule):
            def __init__(self, body):
                super().__init__()
                kernel = torch.linspace(-1, 1, 75).view(3, 25).repeat(1, 3).view(3, 3, 5, 5) / 30
                self.kernel = torch.nn.Parameter(kernel, requires_grad=False)
                self.define("def forward(self, x):\n" + "".join(f"    {line}\n" for line in body))

        def save(file, body, scale=2, radius=0, value_range=(0, 1), description=None, freeze=False, window=1):
            # A type each: TorchScript gives equal-looking modules of one class the first one's method.
            module = type(file, (Network,), {})(body).eval()
            if description is None:
                description = json.dumps(dict(
                    name=file, scale=scale, receptive_radius=radius, window=window, value_range=value_range,
                    licence="none needed", source="made for tests", source_sha256=""))
            extra = {"model.json": description} if description else {}
            torch.jit.save(torch.jit.freeze(module) if freeze else module, f"{sys.argv[1]}/{file}.pt", _extra_files=extra)

        twice = "torch._C._nn.upsample_nearest2d(x, None, [2.0, 2.0])"
        blur = f"return {twice} * 0.5 + 0.25 + torch._C._nn.upsample_nearest2d(torch.conv2d(x, self.kernel, padding=2), None, [2.0, 2.0])"
        save("blur2", [blur], radius=2)
        save("blur2Frozen", [blur], radius=2, freeze=True)
        save("blur2Wide", ["x = x / 255", blur.replace("return ", "return 255 * (") + ")"], radius=2, value_range=(0, 255))
        # Networks that see three pictures, and five of which each leaves its trace.
        large = "return torch._C._nn.upsample_nearest2d(y, None, [2.0, 2.0])"
        save("median3", ["y = x.median(dim=1)[0]", large], window=3)
        save("echo5", ["y = x[:, 0] * 0.1 + x[:, 1] * 0.2 + x[:, 2] * 0.4 + x[:, 3] * 0.2 + x[:, 4] * 0.1",
            "y = y + torch.conv2d(y, self.kernel, padding=2) * 0.1", large], radius=2, window=5)
        save("contrast2", [f"return {twice} * 3 - 1"])
        save("bright2NaN", [f"x = {twice}", "bright = x.mean([1, 2, 3], True) > 0.4", "return torch.where(bright, x / 0 - x / 0, x)"])
        save("random2", [f"y = {twice}", "return y * 0.6 + torch.rand_like(y) * 0.4"])
        save("black2", [f"return {twice} * 0"])
        save("wrongShape", ["return torch._C._nn.upsample_nearest2d(x, None, [3.0, 3.0])"])
        save("noDescription", [f"return {twice}"], description="")
        save("lacksScale", [f"return {twice}"], description='{"name": "lacksScale", "receptive_radius": 0}')
        save("badJSON", [f"return {twice}"], description="{")
        full = "raise RuntimeError(\"DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 byte\")"
        save("hungryBatch", ["if x.size(0) > 2:", "    " + full, blur], radius=2)
        save("hungryTile", ["if x.size(0) * x.size(2) * x.size(3) > 700:", "    " + full, blur], radius=2)
        """#
}

/// The converted networks: the project's `make test` makes them first.
enum RealModel {
    static let directory: String? = {
        let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(".models").path
        let named = ProcessInfo.processInfo.environment["UPSCALE_FARM_MODELS"]
        return [named, checkout].compactMap { $0 }.first {
            FileManager.default.fileExists(atPath: "\($0)/realesr-animevideov3-x4.pt")
        }
    }()

    static var isThere: Bool { directory != nil }

    static func path(_ file: String) -> String { "\(directory ?? "")/\(file).pt" }
}
