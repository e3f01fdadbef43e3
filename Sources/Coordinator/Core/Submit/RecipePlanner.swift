import FarmModel
import Foundation
import Media

/// Decides, once, all that a job's pixels and bits depend on (P2).
struct RecipePlanner {
    let settings: JobSettings
    let film: FilmDescription
    let model: ModelReference

    func recipe() throws -> Recipe {
        try checkColor()
        let scale = try scale()
        let overlap = try overlap()
        let encoding = try EncoderCatalog.resolve(
            settings: settings, source: film.video, input: film.picture, scale: scale)
        return Recipe(
            source: film.video, input: film.picture, model: model, scale: scale, overlap: overlap,
            temporalBlend: settings.temporalBlend, encoding: encoding, execution: shape())
    }

    /// `nearest` makes any scale; a network makes its own.
    private func scale() throws -> Int {
        let own = model.description.scale
        guard model.sha256 != nil else { return settings.scale ?? own }
        guard let asked = settings.scale, asked != own else { return own }
        throw CoordinatorError(.usage, "--scale \(asked): the model \(model.description.name) makes x\(own) only")
    }

    /// At least what the network's window and the blend see beyond a segment's border.
    private func overlap() throws -> Int {
        let needed = model.description.window / 2 + settings.temporalBlend
        guard let asked = settings.overlap else { return needed }
        guard asked >= needed else {
            throw CoordinatorError(
                .usage, "--overlap \(asked) is too small: the model and the blend see \(needed) frames on either side")
        }
        return asked
    }

    /// Bytes that a slot must have: the least with which a frame can pass as RGB in 32 bits before and behind the network, and
    /// libtorch itself. What the network takes besides depends on tile and batch, which are found by trial.
    static func memory(_ recipe: Recipe) -> Int64 {
        let (input, output) = (recipe.input, recipe.encoding.picture)
        let pixels = Int64(input.width) * Int64(input.height) + 2 * Int64(output.width) * Int64(output.height)
        return pixels * 3 * 4 + (512 << 20)
    }

    /// Known at once where the user fixed everything; else the first worker calibrates.
    private func shape() -> ExecutionShape? {
        guard let tile = settings.tile, let batch = settings.batch, settings.precision != .auto else { return nil }
        return ExecutionShape(tile: tile, batch: batch, precision: settings.precision)
    }
}
