import Comparison
import FarmModel
import Foundation

/// A comparison in words.
enum ComparisonText {
    static func lines(_ comparison: FilmComparison) -> [String] {
        var head = ["A          \(comparison.a.path)", "B          \(comparison.b.path)"]
        if let reference = comparison.reference { head.append("reference  \(reference)") }
        let cuts = comparison.cuts.count.counting("scene cut")
        head.append(
            "\(comparison.frames.counting("frame")); motion as in \(comparison.reference == nil ? "B" : "the reference"); "
                + "\(cuts) left out of the warping error")
        return head + [""] + table(comparison) + [""] + seam(comparison)
            + comparison.warnings.map { "warning: \($0)" }
    }

    private static func table(_ comparison: FilmComparison) -> [String] {
        let (a, b, ratios) = (comparison.a, comparison.b, comparison.ratios)
        var rows = likeness(a.likeness, b.likeness)
        rows.append(["sharpness", number(a.sharpness), number(b.sharpness), ratio(ratios.sharpness)])
        rows.append(
            ["E_warp ×10⁻⁴", warp(a.warpingError), warp(b.warpingError), ratio(ratios.warpingError)])
        return TextTable.lines(["", "A", "B", "A/B"], rows)
    }

    /// Of A against B there is one figure alone.
    private static func likeness(_ a: FilmComparison.Likeness?, _ b: FilmComparison.Likeness?) -> [[String]] {
        guard let a else { return [] }
        guard let b else {
            return [["PSNR against B", psnr(a), "", ""], ["SSIM against B", format("%.5f", a.ssim), "", ""]]
        }
        let gain = a.psnr.flatMap { a in b.psnr.map { format("%+.2f dB", a - $0) } }
        return [
            ["PSNR", psnr(a), psnr(b), gain ?? ""],
            ["SSIM", format("%.5f", a.ssim), format("%.5f", b.ssim), format("%+.5f", a.ssim - b.ssim)],
        ]
    }

    private static func seam(_ comparison: FilmComparison) -> [String] {
        let isGiven = comparison.borders.origin == .given
        let borders = comparison.borders.frames
        guard let seam = comparison.seam else {
            let why =
                !borders.isEmpty
                ? "all of A's borders are scene cuts"
                : isGiven
                    ? "no border is in the films"
                    : "A has no keyframe that B has not; --borders names the first frames of A's segments"
            return ["seam figure  none: \(why)"]
        }
        let left = borders.count - seam.borders.count
        let kind = isGiven ? "given" : "keyframes of A that B has not"
        var lines = [
            "seam figure  \(ratio(seam.figure)) over \(seam.borders.count.counting("border")) (\(kind))"
                + (left > 0 ? ", without \(left) at scene cuts" : "")
        ]
        if let worst = seam.worst {
            lines.append("worst border \(ratio(worst.figure)) at frame \(worst.frame)\(time(worst.frame, comparison))")
        }
        let shown = borders.prefix(20).map(String.init).joined(separator: ", ")
        return lines + ["borders      \(shown)\(borders.count > 20 ? ", … (all with --json)" : "")"]
    }

    private static func time(_ frame: Int, _ comparison: FilmComparison) -> String {
        comparison.times.map { format(" (%.3f s)", $0[frame]) } ?? ""
    }

    private static func psnr(_ likeness: FilmComparison.Likeness) -> String {
        likeness.psnr.map { format("%.2f dB", $0) } ?? "identical"
    }
    private static func warp(_ value: Double?) -> String { value.map { format("%.3f", $0 * 1e4) } ?? "none" }
    private static func ratio(_ value: Double?) -> String { value.map { format("%.3f", $0) } ?? "none" }
    private static func number(_ value: Double) -> String { format("%.1f", value) }
    private static func format(_ format: String, _ value: Double) -> String { String(format: format, value) }
}
