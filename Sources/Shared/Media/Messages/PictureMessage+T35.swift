internal import FarmModel
internal import Foundation

extension PictureMessage {
    /// As a user data message registered by ITU-T T.35, as H.264 and HEVC carry it.
    var registered: Data {
        switch self {
        case .dynamicHDR(let message): return message
        case .captions(let triplets):
            // Country (United States), provider (ATSC), "GA94", cc_data, process_cc_data_flag and the count (A/53 part 4, 6.2).
            let count = UInt8(min(triplets.count / 3, 31))
            let head: [UInt8] = [0xB5, 0, 0x31, 0x47, 0x41, 0x39, 0x34, 3, 0x40 | count, 0xFF]
            return Data(head) + triplets.prefix(Int(count) * 3) + [0xFF]
        }
    }
}
