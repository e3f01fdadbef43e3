import ArgumentParser
import Comparison
import CoordinatorCore
import Foundation

/// `coordinator compare A B --reference FILM`: which of two films is better, and by how much.
struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Measure two films of the same pictures against each other.",
        discussion: """
            Tells of both films: PSNR and SSIM against the reference, sharpness, and the warping error, which is flicker after \
            motion. Where B was made in one segment and A in several, the seam figure tells what can be seen of A's borders: 1 is \
            nothing. Films are compared frame by frame, by number; all must be of one size and have as many frames. Without a \
            reference B takes its place. docs/quality.md defines the figures.
            """)

    @Argument(help: "A film.")
    var a: String

    @Argument(help: "The film that it is compared with.")
    var b: String

    @Option(
        help: ArgumentHelp(
            "What both should look like, in their size: PSNR and SSIM are against it, and it tells the motion.",
            valueName: "film"))
    var reference: String?

    @Option(
        help: ArgumentHelp(
            "First frames of A's segments, as in 240,480; by default A's keyframes that B has not.",
            valueName: "frames"))
    var borders: BorderList?

    @Option(help: ArgumentHelp("Draw warping error and PSNR over time.", valueName: "file.svg"))
    var plot: String?

    @OptionGroup var output: JSONOption

    func run() async throws {
        try FilmNames.check([a, b] + (reference.map { [$0] } ?? []))
        let request = ComparisonRequest(a: a, b: b, reference: reference, borders: borders?.frames)
        let plot = try plot.map { try PlotFile($0) }
        let (output, json) = (output, output.json)
        let display = TerminalDisplay()
        try await Interrupt.ending(saying: "nothing was changed") {
            let comparison = try await FilmComparing(request).run { if !json { display.show($0) } }
            display.finish()
            if json { try output.printed(comparison) } else { Output.lines(ComparisonText.lines(comparison)) }
            try plot?.write(comparison)
        }
    }
}

/// `240,480`: frames, counted from 0.
struct BorderList: ExpressibleByArgument {
    var frames: [Int]

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        frames = numbers.compactMap(\.self)
        guard frames.count == numbers.count, frames.allSatisfy({ $0 > 0 }) else { return nil }
    }
}
