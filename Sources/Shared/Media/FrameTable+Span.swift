public import FarmModel

/// The packets that a range of frames needs, as a run of records in the packet store.
public struct PacketSpan: Hashable, Sendable {
    /// Decode indexes.
    public var packets: Range<Int>
    /// Bytes of the packet store; after the store's header they make a packet file.
    public var bytes: Range<Int64>

    public init(packets: Range<Int>, bytes: Range<Int64>) {
        self.packets = packets
        self.bytes = bytes
    }
}

extension FrameTable {
    /// The packets that a fresh decoder needs to give all frames of `context` (not empty, inside the film).
    ///
    /// It starts at the last entry, in decode order, that is shown no later than the first frame; `extraRunUp` entries
    /// earlier, where a first try missed frames. It ends with the last packet, in decode order, that is shown before the
    /// frame after the context: of an open GOP that takes in the next keyframe and its leading pictures. At the film's end it
    /// takes all that is left.
    public func span(for context: FrameRange, extraRunUp: Int = 0) -> PacketSpan {
        precondition(!context.isEmpty && context.first >= 0 && context.end <= count, "a range inside the film")
        let first = firstPacket(for: timestamps[context.first], extraRunUp: extraRunUp)
        let end = context.end == count ? packets.count : endPacket(before: timestamps[context.end])
        return PacketSpan(packets: first..<end, bytes: packets[first].offset..<packets[end - 1].end)
    }

    private func firstPacket(for timestamp: Int64, extraRunUp: Int) -> Int {
        let entry = entryFloors.firstIndex(notBelow: timestamp + 1) - 1
        // Before the first entry nothing can be decoded anyway, unless the film knows better than its flags.
        return entry < 0 || entry - extraRunUp < 0 ? 0 : entries[entry - extraRunUp]
    }

    private func endPacket(before timestamp: Int64) -> Int {
        var end = floors.firstIndex(notBelow: timestamp)
        // A packet without a frame of its own belongs to the one before it: the second field of a picture.
        while end < packets.count, packets[end].pts == .min { end += 1 }
        return end
    }
}

extension FrameTable.Packet {
    fileprivate var end: Int64 { offset + Int64(size) }
}
