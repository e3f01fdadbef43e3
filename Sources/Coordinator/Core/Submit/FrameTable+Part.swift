import FarmModel
import Foundation
import Media

extension FrameTable {
    /// The frames that a job takes: those shown from `--from` up to, without, `--to`. Times count from where players begin
    /// to count: the film's start, of whatever stream.
    /// - Throws: `CoordinatorError` where there are none.
    func range(of settings: JobSettings, in film: FilmDescription) throws -> FrameRange {
        guard settings.from != nil || settings.to != nil else { return FrameRange(0, count) }
        let start = film.start ?? 0
        // What a person types of a time is rounded.
        let first = settings.from.map { frame(notBefore: $0 + start - 0.0005) } ?? 0
        let end = settings.to.map { frame(notBefore: $0 + start - 0.0005) } ?? count
        guard first < end else {
            let last = (timestamps.last.map { Double($0) * timeBase.value } ?? 0) - start
            throw CoordinatorError(
                .usage,
                "\(film.path) has no frame there (--from, --to): its last one is shown at \((last * 1000).rounded() / 1000) s"
            )
        }
        return FrameRange(first, end)
    }

    /// A frame's time as `--from` and `--to` have it: rounded down, so that what is typed names this frame.
    /// - Parameter start: of the film, in seconds of its clock.
    func time(of frame: Int, from start: Double?) -> String {
        let seconds = Double(timestamps[frame]) * timeBase.value - (start ?? 0)
        return String(format: "%.3f", max(0, (seconds * 1000 + 0.001).rounded(.down) / 1000))
    }

    /// Where a range of frames lies in the film's own clock. Where the pictures end there, the time that was asked for counts: sound
    /// may begin before them and go on behind them.
    /// - Parameters:
    ///   - asked: in seconds after the film's start; nil: what lies beyond the pictures is not cut off.
    ///   - start: the film's, in seconds of its clock.
    func cut(to range: FrameRange, asked: FilmCut, start: Double) -> FilmCut {
        func seconds(_ frame: Int) -> Double { Double(timestamps[frame]) * timeBase.value }
        return FilmCut(
            from: range.first > 0 ? seconds(range.first) : asked.from.flatMap { $0 > 0 ? $0 + start : nil },
            to: range.end < count ? seconds(range.end) : asked.to.map { $0 + start })
    }

    /// The first frame that is shown at `seconds` or later; the number of frames where none is.
    func frame(notBefore seconds: Double) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if Double(timestamps[middle]) * timeBase.value < seconds { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
