internal import CLibAV
internal import FarmModel
internal import Foundation

/// The packets of the pictures.
struct PictureLog {
    private(set) var times: [Int64] = []
    private(set) var faults: [String] = []
    private let stream: VideoStream
    private let headers: HeaderWatch
    private var count = 0
    private var unknown = 0
    private var last: Int64?
    /// By their timestamps, pictures are shown as they are decoded.
    private var isInDecodeOrder = true

    init(_ stream: VideoStream) {
        self.stream = stream
        headers = HeaderWatch(stream.parameters)
    }

    /// As `FrameTable` has it.
    var trouble: String? {
        if unknown > 0 { return "\(unknown) of \(count) pictures have no timestamp" }
        let sorted = times.sorted()
        let repeated = zip(sorted, sorted.dropFirst()).count { $0 == $1 }
        return repeated > 0 ? "\(repeated) of \(count) pictures have the same timestamp as another" : nil
    }

    var lacksOrder: Bool { isInDecodeOrder && stream.parameters.videoDelay > 0 && count > 2 }

    mutating func note(_ packet: DemuxedPacket) {
        guard packet.size > 0 else { return }
        count += 1
        if packet.pts != packet.dts || packet.pts ?? 0 <= last ?? .min { isInDecodeOrder = false }
        if let dts = packet.dts {
            if let last, dts <= last { fault("is decoded no later than the one before it", packet) }
            last = dts
        }
        if count == 1, !packet.flags.contains(.key) { fault("comes first and is no keyframe", packet) }
        if packet.flags.contains(.key), headers.differ(in: packet) { fault("brings other parameter sets", packet) }
        guard packet.isShown(stream.parameters.codec) else { return }
        if let pts = packet.pts { times.append(pts) } else { unknown += 1 }
    }

    private mutating func fault(_ what: String, _ packet: DemuxedPacket) {
        let time = packet.pts.map { " at \(rounded(Double($0) * stream.timeBase.value)) s" } ?? ""
        faults.append("the picture in packet \(count - 1)\(time) \(what)")
    }
}

/// Whether keyframes repeat the parameter sets that stand in the header, or bring others.
private struct HeaderWatch {
    private let known: Data
    private let framing: NALUnits.Framing?
    private let isHEVC: Bool

    init(_ parameters: CodecParameters) {
        known = parameters.extradata
        isHEVC = parameters.codec == "hevc"
        let place = isHEVC ? 21 : 4
        let isFramed = known.first == 1 && known.count > place + 1 && (isHEVC || parameters.codec == "h264")
        framing = isFramed ? .length(Int(known[known.startIndex + place] & 3) + 1) : nil
    }

    func differ(in packet: DemuxedPacket) -> Bool {
        guard let framing else { return false }
        return packet.withPayload { payload in
            NALUnits(Data(payload), framing).contains { unit in
                guard let head = unit.first else { return false }
                let isHeader = isHEVC ? (32...34).contains(head >> 1 & 0x3F) : [7, 8].contains(head & 0x1F)
                return isHeader && known.range(of: Data(unit)) == nil
            }
        }
    }
}
