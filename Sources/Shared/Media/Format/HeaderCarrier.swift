internal import FarmModel
internal import Foundation

/// Gives the packets where decoding may start the headers that a film brought on its way, before them: who starts there has
/// seen no others than the film's first.
struct HeaderCarrier {
    /// Where the container brings headers beside the packets.
    private var outside: VideoPacket.SideData?
    /// Where they stand in the packets: the last ones, once they are not the first ones any more.
    private var inside: Data?
    private var first: CodecHeaders??

    /// - Parameters:
    ///   - headers: those in the packet.
    ///   - isEntry: decoding may start at the packet.
    mutating func carry(into packet: inout VideoPacket, headers: CodecHeaders?, isEntry: Bool) {
        if packet.newHeaders != nil {
            (outside, inside) = (packet.newHeaders, nil)
        } else if isEntry, let outside {
            packet.sideData.append(outside)
        }
        if let headers {
            let first = self.first ?? headers
            if headers.bytes != first?.bytes { inside = headers.bytes }
        } else if isEntry, let inside {
            packet.payload = inside + packet.payload
        }
        if isEntry, first == nil { first = .some(headers) }
    }
}

extension VideoPacket {
    /// Codec headers that a container gives in place of those before.
    var newHeaders: SideData? {
        let newExtradata: UInt32 = 1  // AV_PKT_DATA_NEW_EXTRADATA
        return sideData.first { $0.type == newExtradata }
    }
}
