public import FarmModel
internal import Foundation
public import Models

extension ModelLibrary {
    /// The model that a user means with `--model`, `--scale` and `--height`. A file is loaded and tried on a small picture, so that
    /// what cannot work is refused before a job starts.
    /// - Parameters:
    ///   - model: `nearest`, a name of the library, or a file (what contains a slash or ends with `.pt`).
    ///   - scale: nil takes the model's own; of several, one by `reach`.
    ///   - reach: so many times is enough: the smallest scale that is no less; nil, or where all are: the largest.
    public func resolve(_ model: String, scale: Int?, reach: Int? = nil) throws(InferenceError) -> ModelReference {
        if let scale, !ModelReference.scaleLimits.contains(scale) {
            throw InferenceError(.model, "scale \(scale) is out of range")
        }
        if let builtIn = ModelReference.builtIn(named: model, scale: scale, reach: reach) { return builtIn }
        let isFile = model.contains("/") || model.hasSuffix(".pt")
        let reference = try ModelFile.validate(isFile ? model : try file(named: model, scale: scale, reach: reach))
        let own = reference.description.scale
        guard scale == nil || scale == own else {
            throw InferenceError(
                .model, "model \(model) enlarges \(own) times; --scale \(scale ?? own) is not available")
        }
        return reference
    }

    /// Where the network that a job pinned lies here.
    public func source(for reference: ModelReference) throws(InferenceError) -> ModelSource {
        guard let hash = reference.sha256 else { return .nearest(reference.description.scale) }
        do { return .file(try file(of: reference, hash: hash)) } catch { throw InferenceError(.model, error.message) }
    }

    private func file(named name: String, scale: Int?, reach: Int?) throws(InferenceError) -> String {
        var scales: [String: [Int: String]] = [:]
        for path in files() {
            guard let description = try? ModelFile.description(of: path) else { continue }
            if scales[description.name]?[description.scale] == nil {
                scales[description.name, default: [:]][description.scale] = path
            }
        }
        guard let choice = scales[name] else { throw unknown(name, among: scales.mapValues { $0.keys.sorted() }) }
        guard let path = (scale ?? ModelReference.scale(among: choice.keys, reach: reach)).flatMap({ choice[$0] })
        else {
            let available = choice.keys.sorted().map { "x\($0)" }.joined(separator: ", ")
            throw InferenceError(
                .model, "model \(name) is not available with scale \(scale ?? 0): there is \(available)")
        }
        return path
    }

    private func unknown(_ name: String, among models: [String: [Int]]) -> InferenceError {
        let known = models.sorted { $0.key < $1.key }.map { model in
            "\(model.key) (\(model.value.map { "x\($0)" }.joined(separator: ", ")))"
        }
        let list = (["nearest"] + known).joined(separator: ", ")
        let files = known.isEmpty ? "; no model files in \(directories.joined(separator: ", "))" : ""
        return InferenceError(.model, "unknown model '\(name)': there is \(list), or give a file\(files)")
    }
}
