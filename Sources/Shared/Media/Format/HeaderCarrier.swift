internal import FarmModel
internal import Foundation

/// Gives the packets where decoding may start the headers that a film brought on its way, for those who start there: they have
/// seen no others than those that the container told at the film's beginning.
struct HeaderCarrier {
    private let reader: CodecHeaderReader
    private let entryPoint: EntryPoint
    /// Where the container brings headers beside the packets.
    private var outside: VideoPacket.SideData?
    /// Of H.264 and HEVC, whose packets may each bring some: what who starts has seen, and what the film has brought so far.
    private var sets: (known: ParameterSets, brought: ParameterSets)?
    /// Of others, where they stand in the packets: the last ones, once they are not the first ones any more.
    private var inside: Data?
    private var first: CodecHeaders??

    init(_ parameters: CodecParameters) {
        reader = CodecHeaderReader(parameters)
        entryPoint = EntryPoint(parameters)
        sets = ParameterSets(parameters).map { ($0, $0) }
    }

    /// - Parameter packet: in the film's order, each one.
    /// - Returns: the headers that its pictures go by; nil where nobody need look at them.
    mutating func carry(into packet: inout VideoPacket) -> CodecHeaders? {
        let isEntry = entryPoint.allows(packet)
        carryOutside(into: &packet, isEntry: isEntry)
        if let sequence = carrySets(into: &packet, isEntry: isEntry) {
            return packet.flags.contains(.key) ? CodecHeaders(sequence: sequence) : nil
        }
        let headers = packet.flags.contains(.key) ? reader.headers(of: packet) : nil
        carryInside(into: &packet, headers: headers, isEntry: isEntry)
        return headers
    }

    private mutating func carryOutside(into packet: inout VideoPacket, isEntry: Bool) {
        if let new = packet.newHeaders {
            (outside, inside) = (new, nil)
            sets?.known.restart(outside: new.bytes)
            sets?.brought.restart(outside: new.bytes)
        } else if isEntry, let outside {
            packet.sideData.append(.init(type: VideoPacket.SideData.outsideForStart, bytes: outside.bytes))
        }
    }

    /// What a packet brings replaces what came before, so all of that can be given before it. A set that is new throws out those that
    /// refer to it: all are given, or none.
    /// - Returns: the sequence parameter set that the packet's picture goes by; nil where nothing is known of it.
    private mutating func carrySets(into packet: inout VideoPacket, isEntry: Bool) -> Data? {
        guard case (let known, var brought)? = sets else { return nil }
        let before = brought
        let use = brought.take(packet.payload)
        if isEntry, before != known, !before.areReplaced(by: use) { packet.giveAtStart(before.framed) }
        sets = (known, brought)
        return use.sequence
    }

    private mutating func carryInside(into packet: inout VideoPacket, headers: CodecHeaders?, isEntry: Bool) {
        if let headers {
            let first = self.first ?? headers
            inside = headers.bytes == first?.bytes ? nil : headers.bytes
        } else if isEntry, let inside {
            packet.giveAtStart(inside)
        }
        if isEntry, first == nil { first = .some(headers) }
    }
}

extension VideoPacket {
    fileprivate mutating func giveAtStart(_ headers: Data) {
        sideData.append(SideData(type: SideData.forStart, bytes: headers))
    }

    /// Codec headers that a container gives in place of those before.
    var newHeaders: SideData? {
        sideData.first { $0.type == SideData.newExtradata }
    }
}
