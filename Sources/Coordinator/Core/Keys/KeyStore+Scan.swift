import FarmModel
internal import Foundation
internal import Messaging

extension KeyStore {
    /// What lies in the directory: keys by name, and what is wrong with each file that is none.
    struct Scan: Hashable {
        var keys: [IssuedKey] = []
        var faults: [String] = []
    }

    /// - Parameter last: what was found before: a file that cannot be read at this moment is taken to be as it was.
    /// - Throws: `CoordinatorError` where the directory cannot be read
    func scan(after last: Scan? = nil) throws -> Scan {
        try telling("read the keys in \(allowed)") {
            guard FileManager.default.fileExists(atPath: allowed) else { return Scan() }
            var scan = Scan()
            // Names that begin with a dot are files that are being written.
            for name in try FileManager.default.contentsOfDirectory(atPath: allowed).sorted() where !name.hasPrefix(".")
            {
                do {
                    if let key = try read(name, besides: scan.keys) { scan.keys.append(key) }
                } catch let error as MessagingError where error.isPassing {
                    let known = last?.keys.first { $0.holder.name + ".json" == name }
                    if let known { scan.keys.append(known) }
                    let fate = known == nil ? "admits nobody" : "admits whom it did"
                    scan.faults.append("\(allowed)/\(name) \(fate): \(error.reason)")
                } catch {
                    scan.faults.append("\(allowed)/\(name) admits nobody: \(error.reason)")
                }
            }
            return scan
        }
    }

    /// nil for a file that was revoked this moment.
    private func read(_ name: String, besides others: [IssuedKey]) throws -> IssuedKey? {
        let data: Data
        do { data = try PrivateFile.read("\(allowed)/\(name)") } catch MessagingError.file(_, _, ENOENT, _) {
            return nil
        }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        guard let key = try? decoder.decode(IssuedKey.self, from: data) else { throw Fault("it is damaged") }
        guard name == key.holder.name + ".json" else { throw Fault("it is the file of the key \(key.holder.name)") }
        guard Z85Key.isOne(key.holder.publicKey) else { throw Fault("its key is not 40 characters of Z85") }
        if let other = others.first(where: { $0.holder.publicKey == key.holder.publicKey }) {
            throw Fault("it has the key of \(other.holder.name)")
        }
        return key
    }

    private struct Fault: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
