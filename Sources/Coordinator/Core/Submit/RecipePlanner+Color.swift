import FarmModel
import Media

extension RecipePlanner {
    /// - Throws: `CoordinatorError` where the film's matrix is none that the conversions know: it would be guessing.
    func checkColor() throws {
        let picture = film.picture
        guard picture.layout.family == .yuv, !picture.color.hasKnownMatrix else { return }
        let name = ColorDescription.matrixName(picture.color.matrix)
        throw CoordinatorError(
            .file,
            "\(film.path): its colours are coded by the matrix \(name) (\(picture.color.matrix) in ITU-T H.273), which is "
                + "not supported: convert it to BT.709 or BT.2020 non-constant first")
    }
}

extension FilmDescription {
    /// What of the film's pictures the encoder cannot hold; a line each.
    func losses(_ encoding: EncodingSettings) -> [String] {
        [alphaLoss(encodedAs: encoding.codec, encoding.picture.layout)].compactMap { $0 }
    }
}

extension Recipe {
    /// What is taken for granted of the film's colours; nil where the film says it.
    var colorAssumption: String? {
        guard input.layout.family == .yuv, input.color.matrix == 2 else { return nil }
        let taken = ColorDescription.matrixName(input.color.effectiveMatrix(height: input.height))
        return "the film does not say its colour matrix: \(taken) is taken, as players do for this height"
    }
}
