internal import CLibAV
internal import FarmModel
internal import Foundation

extension [PictureMessage] {
    /// What libavcodec found beside the samples of `frame`.
    init(_ frame: UnsafePointer<AVFrame>) {
        self = []
        if let item = av_frame_get_side_data(frame, AV_FRAME_DATA_A53_CC), item.pointee.size >= 3 {
            append(.captions(Data(bytes: item.pointee.data, count: item.pointee.size / 3 * 3)))
        }
        if let item = av_frame_get_side_data(frame, AV_FRAME_DATA_DYNAMIC_HDR_PLUS) {
            let parsed = item.pointee.data.withMemoryRebound(to: AVDynamicHDRPlus.self, capacity: 1) { $0.pointee }
            DynamicHDR.message(parsed).map { append(.dynamicHDR($0)) }
        }
    }
}

extension StaticHDR {
    /// What the codec's own headers say; nil where they say nothing.
    init?(_ frame: UnsafePointer<AVFrame>) {
        self.init()
        if let item = av_frame_get_side_data(frame, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA) {
            display = MasteringDisplay(item.pointee.data)
        }
        if let item = av_frame_get_side_data(frame, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL) {
            light = ContentLight(item.pointee.data)
        }
        if isEmpty { return nil }
    }

    /// What the container says; nil where it says nothing.
    init?(_ stream: UnsafePointer<AVStream>) {
        self.init()
        for index in 0..<av_shim_stream_side_data_count(stream) {
            guard let item = av_shim_stream_side_data(stream, index)?.pointee else { continue }
            if item.type == AV_PKT_DATA_MASTERING_DISPLAY_METADATA { display = MasteringDisplay(item.data) }
            if item.type == AV_PKT_DATA_CONTENT_LIGHT_LEVEL { light = ContentLight(item.data) }
        }
        if isEmpty { return nil }
    }
}

extension StaticHDR.MasteringDisplay {
    fileprivate init?(_ data: UnsafeMutablePointer<UInt8>) {
        let raw = data.withMemoryRebound(to: AVMasteringDisplayMetadata.self, capacity: 1) { $0.pointee }
        guard raw.has_primaries != 0, raw.has_luminance != 0 else { return nil }
        func parts(_ value: AVRational, _ per: Double) -> Int {
            let parts = value.den == 0 ? 0 : Double(value.num) * per / Double(value.den)
            return Int(max(0, min(parts, 4e9)).rounded())
        }
        func point(_ x: AVRational, _ y: AVRational) -> Point { Point(parts(x, 50_000), parts(y, 50_000)) }
        let primaries = raw.display_primaries
        self.init(
            red: point(primaries.0.0, primaries.0.1), green: point(primaries.1.0, primaries.1.1),
            blue: point(primaries.2.0, primaries.2.1), white: point(raw.white_point.0, raw.white_point.1),
            leastLuminance: parts(raw.min_luminance, 10_000), mostLuminance: parts(raw.max_luminance, 10_000))
    }
}

extension StaticHDR.ContentLight {
    fileprivate init?(_ data: UnsafeMutablePointer<UInt8>) {
        let raw = data.withMemoryRebound(to: AVContentLightMetadata.self, capacity: 1) { $0.pointee }
        guard raw.MaxCLL > 0 || raw.MaxFALL > 0 else { return nil }
        self.init(most: Int(raw.MaxCLL), frameAverage: Int(raw.MaxFALL))
    }
}

extension StaticHDR {
    /// Says the same of a stream that is to be written.
    func describe(_ stream: UnsafeMutablePointer<AVStream>) throws {
        if let display, let raw = av_mastering_display_metadata_alloc() {
            display.fill(raw)
            try add(raw, MemoryLayout<AVMasteringDisplayMetadata>.size, AV_PKT_DATA_MASTERING_DISPLAY_METADATA, stream)
        }
        var size = 0
        if let light, let raw = av_content_light_metadata_alloc(&size) {
            (raw.pointee.MaxCLL, raw.pointee.MaxFALL) = (
                UInt32(clamping: light.most), UInt32(clamping: light.frameAverage)
            )
            try add(raw, size, AV_PKT_DATA_CONTENT_LIGHT_LEVEL, stream)
        }
    }

    private func add(
        _ raw: UnsafeMutableRawPointer, _ size: Int, _ type: AVPacketSideDataType,
        _ stream: UnsafeMutablePointer<AVStream>
    ) throws {
        defer { av_free(raw) }
        var item = AVPacketSideData(data: raw.assumingMemoryBound(to: UInt8.self), size: size, type: type)
        try check(av_shim_add_stream_side_data(stream, &item), .output, "describing a stream's brightness")
    }
}

extension StaticHDR.MasteringDisplay {
    fileprivate func fill(_ raw: UnsafeMutablePointer<AVMasteringDisplayMetadata>) {
        func pair(_ point: Point) -> (AVRational, AVRational) {
            (
                AVRational(num: Int32(clamping: point.x), den: 50_000),
                AVRational(num: Int32(clamping: point.y), den: 50_000)
            )
        }
        raw.pointee.display_primaries = (pair(red), pair(green), pair(blue))
        raw.pointee.white_point = pair(white)
        raw.pointee.min_luminance = AVRational(num: Int32(clamping: leastLuminance), den: 10_000)
        raw.pointee.max_luminance = AVRational(num: Int32(clamping: mostLuminance), den: 10_000)
        (raw.pointee.has_primaries, raw.pointee.has_luminance) = (1, 1)
    }
}
