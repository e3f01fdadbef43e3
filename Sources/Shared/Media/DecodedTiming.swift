internal import FarmModel
internal import Foundation

/// Finds the presentation order of packets whose timestamps cannot be relied on, by decoding them.
///
/// Every packet goes into a decoder with its number for a timestamp; the pictures come out in presentation order and bring the
/// numbers back. Their times are the packets' own pts where those ascend in that order, with what lacks between them filled in; else
/// their dts, sorted: right for sources that have one time a packet, such as H.264 in AVI.
struct DecodedTiming {
    let store: String
    let packets: [FrameTable.Packet]
    /// Ticks from one frame to the next, where the file has no times; else nil.
    let step: Double?
    /// Starts the error message.
    let why: String

    /// Rewrites the packet store with the timestamps found; answers the packets with them.
    func mend(threads: Int, isCancelled: () -> Bool) throws -> [FrameTable.Packet] {
        let order = try presentationOrder(threads: threads, isCancelled: isCancelled)
        let mended = try Self.mended(packets, shown: order, step: step, why: why)
        try rewrite(mended)
        return mended
    }

    /// The packets with the timestamps that they must have when their pictures are shown in this order.
    /// - Parameter order: numbers of packets.
    static func mended(
        _ packets: [FrameTable.Packet], shown order: [Int], step: Double?, why: String
    ) throws -> [FrameTable.Packet] {
        // What a decoder gives for a number that it was not given is no picture of these packets; behind damage it may give one twice.
        var seen: Set<Int> = []
        let order = order.filter { packets.indices.contains($0) && seen.insert($0).inserted }
        let times = try times(packets, order, step, why)
        var mended = packets
        for index in mended.indices {
            mended[index].pts = .min
            mended[index].flags.remove(.frame)
        }
        for (packet, time) in zip(order, times) {
            mended[packet].pts = time
            mended[packet].flags.insert(.frame)
        }
        return mended
    }

    private func presentationOrder(threads: Int, isCancelled: () -> Bool) throws -> [Int] {
        let reader = try PacketFileReader(path: store)
        let decoder = try VideoDecoder(stream: reader.stream, threads: threads)
        var order: [Int] = []
        var number: Int64 = 0
        while var packet = try reader.next() {
            if isCancelled() { throw CancellationError() }
            packet.pts = number
            packet.dts = number
            number += 1
            order += try decoder.decode(packet).compactMap { $0.timestamp.map { Int($0) } }
        }
        return order + (try decoder.finish().compactMap { $0.timestamp.map { Int($0) } })
    }

    private static func times(
        _ packets: [FrameTable.Packet], _ order: [Int], _ step: Double?, _ why: String
    ) throws -> [Int64] {
        let pts = order.map { packets[$0].pts }
        if ascends(pts) { return pts }
        if let filled = FilledTimes.fill(pts) { return filled }
        let dts = order.map { packets[$0].dts }.sorted()
        if ascends(dts) { return dts }
        if let step { return order.indices.map { Int64((Double($0) * step).rounded()) } }
        throw MediaError(
            .source,
            "\(why), and decoding it does not tell their times either; remux it first, for example with "
                + "mkvmerge, giving the frame rate")
    }

    /// Known and strictly ascending, hence each once.
    private static func ascends(_ times: [Int64]) -> Bool {
        !times.isEmpty && times.first != .min && zip(times, times.dropFirst()).allSatisfy { $0 < $1 }
    }

    /// Records keep their length, so their offsets stay.
    private func rewrite(_ mended: [FrameTable.Packet]) throws {
        let reader = try PacketFileReader(path: store)
        let partial = store + ".partial"
        var writer = try PacketFileWriter(path: partial, stream: reader.stream)
        for index in mended.indices {
            guard var packet = try reader.next() else { throw MediaError(.source, "\(store) ends too early") }
            packet.pts = mended[index].pts == .min ? nil : mended[index].pts
            try writer.append(packet)
        }
        try writer.finish()
        try DurableFile.rename(partial, to: store)
    }
}
