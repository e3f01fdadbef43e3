import FarmModel
import Media

/// What the child that looks at a film's head is told, before all of it is read.
struct ProbeOrder: Codable, Sendable {
    var film: String
    /// Which of its streams are taken.
    var streams: StreamSelection?
    /// The result's name: its extension tells the container.
    var output: String
    var codec: Codec
    /// In seconds after the film's start: what is looked at closely.
    var part: FilmCut

    func carryOut() throws -> ProbedFilm {
        let description = try FilmDescription.read(film, streams: streams, part: part)
        try FilmWriter.checkSound(of: film, streams: streams, part: part, output: output, codec: codec)
        return ProbedFilm(
            description: description,
            losses: try FilmWriter.losses(of: film, streams: streams, output: output, codec: codec))
    }
}

/// What a film's head told.
struct ProbedFilm: Codable, Sendable {
    var description: FilmDescription
    /// What the result's container cannot hold of its other streams; a line each.
    var losses: [String]
}
