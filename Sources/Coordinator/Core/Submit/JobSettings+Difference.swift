import FarmModel
import Foundation

extension JobSettings {
    /// The first setting that differs, by its name on the command line: "--crf was 18 and is 20".
    func difference(from asked: JobSettings) -> String? {
        let names: [(String, String, String)] = zip(Self.texts(self), Self.texts(asked)).map {
            ($0.name, $0.text, $1.text)
        }
        return names.first { $0.1 != $0.2 }.map { "\($0) was \($1) and is \($2)" }
    }

    /// Every setting by its name on the command line, as its user would write it.
    private static func texts(_ settings: JobSettings) -> [(name: String, text: String)] {
        let parameters = settings.encoderParameters.map { "\($0.key)=\($0.value)" }.joined(separator: ":")
        return [
            ("--model", settings.model), ("--scale", text(settings.scale)), ("--height", text(settings.height)),
            ("--codec", settings.codec.rawValue),
            ("--encoder", text(settings.encoder)), ("--crf", "\(settings.crf)"), ("--preset", text(settings.preset)),
            ("--encoder-params", parameters.isEmpty ? "none" : parameters),
            ("--pixel-format", text(settings.pixelFormat)),
            ("the segment length", text(settings.segmentLength, "segment")),
            ("the GOPs' length", text(settings.gopLength, "gop")),
            ("--overlap", text(settings.overlap)),
            ("--temporal-blend", text(settings.temporalBlend)), ("--tile", text(settings.tile)),
            ("--batch", text(settings.batch)), ("--precision", settings.precision.rawValue),
            ("--cpu-engine", text(settings.cpuEngine?.rawValue)),
            ("--from", text(settings.from)), ("--to", text(settings.to)), ("--map", text(settings.streams)),
            ("--no-deinterlace", settings.deinterlace == false ? "given" : "not given"),
        ]
    }

    private static func text(_ value: (some Any)?) -> String { value.map { "\($0)" } ?? "the default" }
}
