internal import FarmModel
internal import Foundation

/// Judges whether decoding may start at a packet, which a container's keyframe flag alone does not tell.
///
/// H.264 with intra refresh flags pictures as keyframes from which a decoder needs many more to recover (recovery point SEI
/// with recovery_frame_cnt > 0), and gives wrong pictures meanwhile without a word. So of H.264 only IDR pictures and
/// recovery points of count 0 are taken; of HEVC only IRAP pictures (ITU-T H.264 D.2.8, H.265 7.4.2.2).
struct EntryPoint: Sendable {
    private enum Codec { case h264, hevc, other }

    private let codec: Codec
    private let nalUnits: NALUnits.Framing

    init(_ parameters: CodecParameters) {
        codec =
            switch parameters.codec {
            case "h264": .h264
            case "hevc": .hevc
            default: .other
            }
        nalUnits = NALUnits.Framing(parameters)
    }

    func allows(_ packet: VideoPacket) -> Bool {
        guard packet.flags.contains(.key), !packet.flags.contains(.corrupt) else { return false }
        switch codec {
        case .other: return true
        case .h264: return h264(packet.payload)
        case .hevc: return hevc(packet.payload)
        }
    }

    private func hevc(_ payload: Data) -> Bool {
        for unit in NALUnits(payload, nalUnits) {
            // Of the base layer: nuh_layer_id is 0.
            guard let head = unit.first, head & 1 == 0, unit.dropFirst().first.map({ $0 >> 3 }) == 0 else { continue }
            let type = head >> 1 & 0x3f
            if type < 32 { return (16...23).contains(type) }
        }
        return false
    }

    private func h264(_ payload: Data) -> Bool {
        for unit in NALUnits(payload, nalUnits) {
            guard let head = unit.first else { continue }
            switch head & 0x1f {
            case 5: return true
            case 6: if let count = RecoveryPoint.frameCount(sei: unit.dropFirst()) { return count == 0 }
            case 1...4: return false
            default: continue
            }
        }
        return false
    }
}
