import FarmModel
import Foundation
import Media

/// Decides, once, all that a job's pixels and bits depend on (P2).
struct RecipePlanner {
    let settings: JobSettings
    let film: FilmDescription
    let model: ModelReference
    /// The result's name: its extension tells the container.
    let output: String

    func recipe() throws -> Recipe {
        try checkColor()
        try checkDolbyVision()
        let container = try Container(output: output, codec: settings.codec)
        let preparation = Preparation(
            deinterlacing: settings.deinterlace == false ? nil : film.fields?.deinterlacing,
            orientation: container.saysOrientation ? nil : film.orientation)
        let input = film.picture.prepared(by: preparation)
        let scale = try scale()
        var encoding = try EncoderCatalog.resolve(
            settings: settings, source: film.video.turned(by: preparation.orientation), input: input, scale: scale,
            isShownTurned: preparation.orientation == nil && film.orientation?.swapsSides == true)
        encoding.hdr = film.hdr
        return Recipe(
            source: film.video, preparation: preparation, input: input, model: model, scale: scale,
            overlap: try overlap(preparation), temporalBlend: temporalBlend, encoding: encoding,
            cpuEngine: settings.cpuEngine ?? .auto, execution: shape())
    }

    private func checkDolbyVision() throws {
        guard let vision = film.dolbyVision, !vision.hasBaseLayer else { return }
        throw CoordinatorError(
            .file,
            "\(film.path): its pictures cannot be shown without Dolby Vision (profile \(vision.profile ?? 5)), which is not supported: their colours would be wrong; take a film of profile 7 or 8"
        )
    }

    /// `nearest` makes any scale; a network makes its own.
    private func scale() throws -> Int {
        let own = model.description.scale
        guard model.sha256 != nil else { return settings.scale ?? own }
        guard let asked = settings.scale, asked != own else { return own }
        throw CoordinatorError(.usage, "--scale \(asked): the model \(model.description.name) makes x\(own) only")
    }

    /// `nearest` invents nothing that could flicker.
    private var temporalBlend: Int { settings.temporalBlend ?? (model.sha256 == nil ? 0 : Self.blendRadius) }

    /// By measurement (docs/quality.md).
    private static let blendRadius = 2

    /// At least what deinterlacing, the network's window and the blend see beyond a segment's border.
    private func overlap(_ preparation: Preparation) throws -> Int {
        let needed = preparation.reach + model.description.window / 2 + temporalBlend
        guard let asked = settings.overlap else { return needed }
        guard asked >= needed else {
            throw CoordinatorError(
                .usage,
                "--overlap \(asked) is too small: deinterlacing, the model and the blend (--temporal-blend \(temporalBlend)) see \(needed) frames on either side"
            )
        }
        return asked
    }

    /// Known at once where the user fixed everything; else the first worker calibrates.
    private func shape() -> ExecutionShape? {
        guard let tile = settings.tile, let batch = settings.batch, settings.precision != .auto else { return nil }
        return ExecutionShape(tile: tile, batch: batch, precision: settings.precision)
    }
}

extension VideoStream {
    /// Turned by a quarter, wide samples are high ones.
    fileprivate func turned(by orientation: Orientation?) -> VideoStream {
        guard orientation?.swapsSides == true else { return self }
        var turned = self
        let aspect = parameters.sampleAspectRatio
        if aspect.numerator > 0 { turned.parameters.sampleAspectRatio = Rational(aspect.denominator, aspect.numerator) }
        return turned
    }
}

extension FilmDescription {
    /// What an encoder cannot carry of the pictures; a line each.
    /// - Parameter encoder: its name; nil: the codec's first.
    func losses(as codec: Codec, by encoder: String? = nil) -> [String] {
        var losses: [String] = []
        if hasCaptions, codec != .hevc, codec != .h264 {
            losses.append("the closed captions inside the pictures are left out: only hevc and h264 carry them")
        }
        if hasDynamicHDR, codec != .hevc || encoder == "hevc_nvenc" {
            losses.append("HDR10+ is left out: only hevc by libx265 carries it")
        }
        if let dolbyVision {
            let doubt =
                dolbyVision.profile == nil
                ? ", whose colours are wrong if it is of profile 5: nothing in the film tells the profile" : ""
            losses.append("Dolby Vision is left out; the pictures keep their base layer\(doubt)")
        }
        return losses
    }
}

extension Recipe {
    /// What was decided about the film's pictures, in words; a line each.
    var decisions: [String] {
        let deinterlacing: String? =
            switch preparation.deinterlacing {
            case nil: nil
            case .flagged: "the film is interlaced: its pictures are deinterlaced where the stream flags them"
            case .topFirst: "the film is interlaced, top field first: its pictures are deinterlaced"
            case .bottomFirst: "the film is interlaced, bottom field first: its pictures are deinterlaced"
            }
        let turning = preparation.orientation.map {
            "the film's pictures are turned upright (\($0.rawValue)): the result's container cannot say that they must be"
        }
        return [deinterlacing, turning].compactMap { $0 }
    }
}
