import Foundation
import Inference

/// What `worker bench --size` prints.
struct NetworkTable {
    let model: String
    let size: PictureSize
    let threads: Int
    let times: NetworkTimes

    private struct Row: Encodable {
        var model: String
        var size: String
        var threads: Int
        var own: [Double]
        var torch: [Double]
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            let row = Row(
                model: model, size: size.description, threads: threads, own: times.own, torch: times.torch)
            return String(decoding: try encoder.encode(row), as: UTF8.self)
        }
    }

    var lines: [String] {
        var lines = [
            "\(model), \(size), \(threads) threads, \(times.own.count) calls",
            "                     minimum      median   frames/s", line("the network", times.own),
        ]
        guard !times.torch.isEmpty else { return lines }
        lines.append(line("... by libtorch", times.torch))
        let (least, middle) = (Self.least(times.torch) / Self.least(times.own), times.torch.median / times.own.median)
        lines.append(String(format: "our own kernels take %.2f times less, by the medians %.2f", least, middle))
        return lines
    }

    private func line(_ name: String, _ seconds: [Double]) -> String {
        name.padding(toLength: 18, withPad: " ", startingAt: 0)
            + String(
                format: "%7.1f ms  %7.1f ms %10.2f", Self.least(seconds) * 1000, seconds.median * 1000,
                1 / seconds.median)
    }

    private static func least(_ seconds: [Double]) -> Double { seconds.min() ?? .nan }
}
