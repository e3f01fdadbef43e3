internal import CLibAV
public import FarmModel

/// What is decoded in hardware: only what was seen to give the bits that libavcodec's own decoders give (P2).
///
/// Seen on an H200 with libavcodec 59: H.264 of 8 bits (progressive and fields), HEVC Main and Main 10, VP9 of 8 bits, all 4:2:0. MPEG-2
/// and MPEG-4 come out with other bits (their transforms are not exact by definition), VC-1 was not tried, and H.264 of 10 bits or 4:4:4
/// and AV1 are refused there. Profiles count as well as samples: lossless H.264 looks like any other from outside, and the unit does
/// not know it.
extension HardwareDecoder {
    /// libavcodec's numbers of profiles, and depths.
    private static let known: [String: (profiles: Set<Int32>, depths: Set<Int>)] = [
        "h264": (
            [
                FF_PROFILE_H264_BASELINE, FF_PROFILE_H264_BASELINE | FF_PROFILE_H264_CONSTRAINED,
                FF_PROFILE_H264_MAIN, FF_PROFILE_H264_HIGH,
            ], [8]
        ),
        "hevc": ([FF_PROFILE_HEVC_MAIN, FF_PROFILE_HEVC_MAIN_10], [8, 10]),
        "vp9": ([FF_PROFILE_VP9_0], [8]),
    ]

    /// Why streams with these parameters are not decoded in hardware; nil where they are.
    public static func refusal(of parameters: CodecParameters) -> String? {
        let codec = parameters.codec
        guard let (profiles, depths) = known[codec] else {
            return
                "\(codec) is none of \(known.keys.sorted().joined(separator: ", ")), which NVDEC decodes to the same bits"
        }
        guard profiles.contains(Int32(clamping: parameters.profile)) else {
            return "NVDEC is not used for \(codec) of profile \(profileName(of: parameters))"
        }
        let name = parameters.pixelFormat ?? "unknown"
        guard let layout = PixelLayout(planar: av_get_pix_fmt(name)), depths.contains(layout.bitDepth),
            layout == .chroma420(layout.bitDepth)
        else {
            let bits = depths.sorted().map { "\($0)" }.joined(separator: " or ")
            return "NVDEC is used for \(codec) in 4:2:0 of \(bits) bits, and these pictures are \(name)"
        }
        return nil
    }

    private static func profileName(of parameters: CodecParameters) -> String {
        let codec = avcodec_descriptor_get_by_name(parameters.codec)?.pointee.id ?? AV_CODEC_ID_NONE
        return text(avcodec_profile_name(codec, Int32(clamping: parameters.profile))) ?? "\(parameters.profile)"
    }
}
