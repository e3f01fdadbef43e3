import ArgumentParser
import CoordinatorCore
import FarmModel
import Foundation
import Media

/// `coordinator probe film.mkv`: what a film holds, and what a job would make of it.
struct ProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe", abstract: "Show a film's streams, colour, frames, keyframes and segments.")

    @Argument(help: "The film.")
    var film: String

    @OptionGroup var output: JSONOption

    func run() async throws {
        try FilmNames.check([film])
        let probe = try await FilmProbe.make(film)
        if output.json { return try output.printed(probe) }
        Output.lines(ProbeText.lines(probe))  // titles are other people's words
    }
}

/// A probe in words.
enum ProbeText {
    static func lines(_ probe: FilmProbe) -> [String] {
        let film = probe.film
        var lines = ["\(film.path): \(film.container), \(seconds(film.duration)), \(megabytes(film.size))"]
        lines += film.streams.map { "  \($0.index)  \(stream($0))\($0.index == film.videoIndex ? "  ← upscaled" : "")" }
        let picture = film.picture
        lines.append(
            "picture    \(picture.width)x\(picture.height) \(layout(picture.layout)), \(color(picture.color, height: picture.height))"
        )
        lines += probe.formats.dropFirst().map { "changes    \(change($0, film))" }
        if let scan = film.fields { lines.append("fields     \(fields(scan))") }
        if let orientation = film.orientation { lines.append("turned     \(orientation.rawValue), to be seen upright") }
        let carried = carried(film)
        if !carried.isEmpty { lines.append("carries    \(carried.joined(separator: ", "))") }
        lines.append(
            "frames     \(probe.frames), time base \(film.video.timeBase), about \(rate(film.video.frameRate)) frames/s"
        )
        lines.append("keyframes  \(probe.keyframes)")
        lines.append("segments   \(probe.segments) of about 10 s")
        lines.append("video      \(megabytes(probe.videoBytes)) of packets")
        if film.chapters > 0 { lines.append("chapters   \(film.chapters)") }
        if !film.attachments.isEmpty { lines.append("attached   \(film.attachments.joined(separator: ", "))") }
        return lines + probe.warnings.map { "warning: \($0)" }
    }

    /// From there on, for `--from` and `--to`.
    private static func change(_ mark: FormatMark, _ film: FilmDescription) -> String {
        let time = Double(mark.timestamp) * film.video.timeBase.value - (film.start ?? 0)
        let picture = mark.picture
        return String(format: "at %.3f s to ", time) + "\(picture.width)x\(picture.height) \(layout(picture.layout)), "
            + "\(color(picture.color, height: picture.height)), samples "
            + "\(mark.sampleAspectRatio.numerator):\(mark.sampleAspectRatio.denominator)"
    }

    private static func stream(_ stream: FilmDescription.Stream) -> String {
        var parts = ["\(stream.kind.rawValue) \(stream.codec)"]
        if let width = stream.width, let height = stream.height, width > 0 { parts.append("\(width)x\(height)") }
        if let rate = stream.sampleRate { parts.append("\(rate) Hz") }
        if let channels = stream.channels { parts.append("\(channels) channels") }
        if let language = stream.language { parts.append(language) }
        if let title = stream.title { parts.append("\"\(title)\"") }
        return (parts + stream.dispositions).joined(separator: ", ")
    }

    private static func layout(_ layout: PixelLayout) -> String {
        let chroma =
            switch (layout.family, layout.chromaShiftX, layout.chromaShiftY) {
            case (.gray, _, _): "grey"
            case (.rgb, _, _): "RGB"
            case (.yuv, 1, 1): "4:2:0"
            case (.yuv, 1, 0): "4:2:2"
            case (.yuv, 0, 0): "4:4:4"
            case (.yuv, let x, let y): "chroma 1/\(1 << x) by 1/\(1 << y)"
            }
        return "\(chroma) \(layout.bitDepth) bit" + (layout.hasAlpha ? " with alpha" : "")
    }

    /// What pictures carry beside their samples.
    private static func carried(_ film: FilmDescription) -> [String] {
        var list: [String] = []
        if let display = film.hdr?.display {
            let (least, most) = (Double(display.leastLuminance) / 10_000, Double(display.mostLuminance) / 10_000)
            list.append("mastering display of \(least) to \(most) cd/m²")
        }
        if let light = film.hdr?.light {
            list.append("content light level \(light.most), frame average \(light.frameAverage) cd/m²")
        }
        if film.hasDynamicHDR { list.append("HDR10+") }
        if film.hasCaptions { list.append("closed captions") }
        if let vision = film.dolbyVision {
            list.append("Dolby Vision" + (vision.profile.map { " of profile \($0)" } ?? ""))
        }
        return list
    }

    private static func fields(_ scan: FieldScan) -> String {
        let verdict =
            switch scan.deinterlacing {
            case nil: "progressive"
            case .flagged: "interlaced where the stream flags it"
            case .topFirst: "interlaced, top field first"
            case .bottomFirst: "interlaced, bottom field first"
            }
        return verdict + " (pictures top first/bottom first/progressive: flagged \(counts(scan.flags)), "
            + "by contents \(counts(scan.contents)), undecided \(scan.contents.undecided), combed \(scan.combed))"
    }

    private static func counts(_ count: FieldScan.Count) -> String {
        "\(count.topFirst)/\(count.bottomFirst)/\(count.progressive)"
    }

    /// The code points of H.273, and what stands in where the film does not say.
    private static func color(_ color: ColorDescription, height: Int) -> String {
        let name = ColorDescription.matrixName(color.effectiveMatrix(height: height))
        let matrix =
            color.matrix == 2 ? "matrix unspecified, taken as \(name)" : "matrix \(color.matrix) (\(name))"
        return
            "\(matrix), primaries \(color.primaries), transfer \(color.transfer), \(color.isFullRange ? "full" : "limited") range"
            + (color.hasKnownMatrix ? "" : "; no job can be made of this matrix")
    }

    private static func seconds(_ value: Double?) -> String {
        value.map { String(format: "%.3f s", $0) } ?? "unknown length"
    }
    private static func megabytes(_ bytes: Int64) -> String { String(format: "%.1f MB", Double(bytes) / 1e6) }
    private static func rate(_ rate: Rational) -> String { String(format: "%.3f", rate.value) }
}
