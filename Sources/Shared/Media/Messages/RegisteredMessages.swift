internal import CX265
internal import FarmModel

/// A picture's messages as x265 takes them: SEI of user data registered by ITU-T T.35.
final class RegisteredMessages {
    private let payloads: UnsafeMutableBufferPointer<x265_sei_payload>

    init(_ messages: [PictureMessage]) {
        payloads = .allocate(capacity: messages.count)
        for (index, message) in messages.enumerated() {
            let bytes = message.registered
            let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
            _ = copy.initialize(from: bytes)
            payloads.initializeElement(
                at: index,
                to: x265_sei_payload(
                    payloadSize: Int32(bytes.count), payloadType: USER_DATA_REGISTERED_ITU_T_T35,
                    payload: copy.baseAddress))
        }
    }

    /// Valid as long as this object is.
    var sei: x265_sei { x265_sei(numPayloads: Int32(payloads.count), payloads: payloads.baseAddress) }

    deinit {
        for item in payloads { item.payload?.deallocate() }
        payloads.deallocate()
    }
}
