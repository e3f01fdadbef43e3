internal import FarmModel

extension FilmVerifier {
    /// Tells what a film's container could hold; nil for one that we do not write.
    static func container(of film: FilmContents) -> FilmMuxer? {
        let codec = Codec(rawValue: film.demuxer.video.parameters.codec) ?? .h264
        return (try? Container(output: film.name, codec: codec)).flatMap { try? FilmMuxer($0, path: film.name) }
    }
}
