internal import FarmModel
import Foundation
import Messaging
internal import Scheduling

// The scheduler knows connections by opaque names; the sockets know them by bytes.
extension WorkerID {
    init(_ peer: PeerID) { self.init(rawValue: peer.bytes.hexadecimal) }
}

extension PeerID {
    init(_ worker: WorkerID) {
        var bytes = Data()
        var rest = Substring(worker.rawValue)
        while rest.count >= 2, let byte = UInt8(rest.prefix(2), radix: 16) {
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        self.init(bytes)
    }
}
