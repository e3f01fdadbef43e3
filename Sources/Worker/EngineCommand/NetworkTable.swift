import Foundation
import Inference

/// What `worker bench --size` prints.
struct NetworkTable {
    let model: String
    let size: PictureSize
    let threads: Int
    /// Pictures a call.
    let batch: Int
    let times: NetworkTimes
    /// Operations of the convolutions of a picture, and those a second that products of large matrices reach.
    let operations: Double
    let peak: Double

    private struct Row: Encodable {
        var model: String
        var size: String
        var threads: Int
        var batch: Int
        var own: [Double]
        var torch: [Double]
        var sustained: Double?
        var operations: Double
        var peak: Double
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            let row = Row(
                model: model, size: size.description, threads: threads, batch: batch, own: times.own,
                torch: times.torch, sustained: times.sustained,
                operations: operations, peak: peak)
            return String(decoding: try encoder.encode(row), as: UTF8.self)
        }
    }

    var lines: [String] {
        var lines = [
            "\(model), \(size), batch \(batch), \(threads) threads, \(times.own.count) times",
            "                     minimum      median   frames/s", line("the network", times.own),
        ]
        if let sustained = times.sustained { lines.append(line("... after a while", [sustained])) }
        guard !times.torch.isEmpty else { return lines + share }
        lines.append(line("... by libtorch", times.torch))
        let (least, middle) = (Self.least(times.torch) / Self.least(times.own), times.torch.median / times.own.median)
        lines.append(String(format: "our own kernels take %.2f times less, by the medians %.2f", least, middle))
        return lines + share
    }

    private func line(_ name: String, _ seconds: [Double]) -> String {
        name.padding(toLength: 18, withPad: " ", startingAt: 0)
            + String(
                format: "%7.1f ms  %7.1f ms %10.2f", Self.least(seconds) * 1000, seconds.median * 1000,
                Double(batch) / seconds.median)
    }

    /// What of the device that is. Kernels that need fewer multiplications than direct sums can reach more than all of it.
    private var share: [String] {
        guard operations > 0 else { return [] }
        let rate = operations * Double(batch) / times.own.median
        return [
            String(
                format: "%.1f GFLOP of convolutions a frame, as direct sums have them: %.0f GFLOP/s, ",
                operations / 1e9, rate / 1e9)
                + String(format: "%.0f %% of the %.0f that matrix products reach here", rate / peak * 100, peak / 1e9)
        ]
    }

    private static func least(_ seconds: [Double]) -> Double { seconds.min() ?? .nan }
}
