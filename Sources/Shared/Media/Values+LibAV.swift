internal import CLibAV
internal import FarmModel
internal import Foundation

extension Rational {
    init(_ value: AVRational) { self.init(value.num, value.den) }
    var av: AVRational { AVRational(num: numerator, den: denominator) }
}

/// A timestamp that libav may not know.
func timestamp(_ value: Int64) -> Int64? { value == av_shim_nopts ? nil : value }

/// A string that libav may not have.
func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }

/// libav's entries as a dictionary of ours; of a key that stands twice the last counts.
func tags(_ dictionary: OpaquePointer?) -> [String: String] {
    var tags: [String: String] = [:]
    var entry: UnsafeMutablePointer<AVDictionaryEntry>?
    while true {
        entry = av_dict_get(dictionary, "", entry, AV_DICT_IGNORE_SUFFIX)
        guard let entry else { return tags }
        tags[String(cString: entry.pointee.key)] = String(cString: entry.pointee.value)
    }
}

extension ColorDescription {
    /// What `parameters` say; an unknown range counts as limited, except of formats that are full by definition.
    init(_ parameters: AVCodecParameters) {
        self.init(
            matrix: Int(parameters.color_space.rawValue), primaries: Int(parameters.color_primaries.rawValue),
            transfer: Int(parameters.color_trc.rawValue), isFullRange: parameters.color_range == AVCOL_RANGE_JPEG,
            chromaLocation: ChromaLocation(rawValue: Int(parameters.chroma_location.rawValue)) ?? .unspecified)
    }
}
