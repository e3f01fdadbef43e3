import FarmModel
import Foundation
import Models
import TestSupport
import Testing

@testable import Inference

@Suite struct ModelLibraryTests {
    static let needsModels: Comment = "no converted models: run scripts/models.sh, or set UPSCALE_FARM_MODELS"

    @Test(.enabled(if: RealModel.isThere, needsModels))
    func convertedModelsAreListed() throws {
        let listing = ModelLibrary(directories: [try #require(RealModel.directory)]).list()
        #expect(listing.problems.isEmpty)
        let known = listing.models.map { "\($0.description.name) x\($0.description.scale)" }
        #expect(
            known.sorted() == [
                "realesr-animevideov3 x2", "realesr-animevideov3 x3", "realesr-animevideov3 x4",
                "realesrgan-x4plus x4", "realesrgan-x4plus-anime x4",
            ])
        let radii = listing.models.map(\.description.receptiveRadius).sorted()
        #expect(radii == [18, 19, 19, 94, 349])
        #expect(listing.models.allSatisfy { $0.sha256?.count == 64 && $0.description.sourceSHA256.count == 64 })
    }

    @Test(.enabled(if: RealModel.isThere, needsModels))
    func namesResolveWithAndWithoutScale() throws {
        let library = ModelLibrary(directories: [try #require(RealModel.directory)])
        #expect(try library.resolve("realesr-animevideov3", scale: nil).description.scale == 4)
        let third = try library.resolve("realesr-animevideov3", scale: 3)
        #expect(third.description.scale == 3)
        #expect(try library.source(for: third) == .file(RealModel.path("realesr-animevideov3-x3")))
        for (reach, chosen) in [(1, 2), (2, 2), (3, 3), (4, 4), (9, 4)] {
            #expect(
                try library.resolve("realesr-animevideov3", scale: nil, reach: reach).description.scale == chosen)
        }
        #expect(try library.resolve("realesr-animevideov3", scale: 4, reach: 2).description.scale == 4)
        expectRefusal("not available with scale 1: there is x2, x3, x4") {
            try library.resolve("realesr-animevideov3", scale: 1)
        }
        expectRefusal("unknown model 'esrgan': there is nearest, realesr-animevideov3 (x2, x3, x4), ") {
            try library.resolve("esrgan", scale: nil)
        }
    }

    @Test func nearestHasEveryScale() throws {
        let library = ModelLibrary(directories: [])
        for scale in 1...4 {
            let reference = try library.resolve("nearest", scale: scale)
            #expect(reference.description.scale == scale && reference.sha256 == nil)
            #expect(try library.source(for: reference) == .nearest(scale))
        }
        #expect(ModelReference.builtIn.map(\.description.scale) == [1, 2, 3, 4])
        #expect(ModelReference.builtIn.allSatisfy { $0.description.name == "nearest" && $0.path == nil })
        for (reach, chosen) in [(1, 1), (3, 3), (5, 4)] {
            #expect(try library.resolve("nearest", scale: nil, reach: reach).description.scale == chosen)
        }
        #expect(try library.resolve("nearest", scale: nil).description.scale == 4)
        expectRefusal("no model files in") { try library.resolve("realesr-animevideov3", scale: nil) }
    }

    @Test func filesThatKeepTheContractAreTaken() async throws {
        let path = try await StandIn.blur2.path
        let library = ModelLibrary(directories: [])
        let reference = try library.resolve(path, scale: nil)
        #expect(reference.description.name == "blur2" && reference.path == path)
        expectRefusal("enlarges 2 times; --scale 3 is not available") { try library.resolve(path, scale: 3) }
    }

    @Test func filesThatBreakTheContractAreRefusedWithTheReason() async throws {
        let library = ModelLibrary(directories: [])
        let reasons: [(StandIn, String)] = [
            (.wrongShape, "output shape is 1x3x39x57, not 1x3x26x38"), (.noDescription, "carries no model.json"),
            (.lacksScale, "lacks `scale`"), (.badJSON, "is not valid JSON"), (.bright2NaN, "gives NaN or infinity"),
        ]
        for (model, reason) in reasons {
            let path = try await model.path
            expectRefusal(reason) { try library.resolve(path, scale: nil) }
        }
        expectRefusal("no such file") { try library.resolve("/nowhere/model.pt", scale: nil) }
        let text = try await Fixtures.shared.file("text.pt") { path in
            try "not an archive".write(toFile: path, atomically: true, encoding: .utf8)
        }
        expectRefusal("no TorchScript file") { try library.resolve(text, scale: nil) }
    }

    @Test func brokenFilesInADirectoryAreReportedAndTheOthersListed() async throws {
        let listing = ModelLibrary(directories: [try await StandIn.directory]).list()
        #expect(listing.models.contains { $0.description.name == "blur2" })
        #expect(listing.problems.count == 3)
    }

    @Test func aPinnedModelIsFoundByItsBytesNotItsPath() async throws {
        let path = try await StandIn.blur2.path
        var reference = try ModelFile.validate(path)
        reference.path = "/another/machine/blur2.pt"
        let library = ModelLibrary(directories: [try await StandIn.directory])
        #expect(try library.source(for: reference) == .file(path))
        reference.sha256 = String(repeating: "0", count: 64)
        expectRefusal("is not here") { try library.source(for: reference) }
    }

    private func expectRefusal(_ reason: String, _ body: () throws -> some Any) {
        let error = #expect(throws: InferenceError.self) { _ = try body() }
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("\n") == false)
    }
}
