import CZeroMQ
import Foundation
import Hashing

/// Bare libzmq: a DEALER that sends the film's bytes as messages of 1 MiB to a ROUTER, with the high-water marks of the
/// bulk channel, and nothing else: no file, no hash, no credit. With `isFilm` what a film needs in any case, and no more: it is
/// read there, and hashed, written and brought to the disk here.
enum BareSender {
    /// Bytes a second.
    static func run(_ transport: Transport, size: Int, directory: String, isFilm: Bool = false) throws -> Double {
        let server = transport == .curve ? Pair() : nil
        let endpoint = transport == .curve ? "tcp://127.0.0.1:*" : "ipc://\(directory)/bare"
        let target = isFilm ? "\(directory)/plain" : "-"
        let film = isFilm ? open("\(directory)/film", O_RDONLY) : -1
        defer { if film >= 0 { close(film) } }
        let other = try Other(["bare", endpoint, target] + (server.map { [$0.secret] } ?? []))
        let address = try other.readLine()
        let context = zmq_ctx_new()
        let socket = zmq_socket(context, ZMQ_DEALER)
        Bare.limit(socket)
        if let server {
            let own = Pair()
            zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server.public, 40)
            zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, own.public, 40)
            zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, own.secret, 40)
        }
        zmq_connect(socket, address)
        var answer = [UInt8](repeating: 0, count: 16)
        // Connected, and warm.
        zmq_send(socket, &answer, 0, ZMQ_SNDMORE)
        zmq_send(socket, &answer, 1, 0)
        zmq_recv(socket, &answer, answer.count, 0)
        let header = Data("{\"v\":2,\"type\":\"data\",\"blob\":\"film\",\"offset\":1048576}".utf8)
        let clock = ContinuousClock()
        let seconds =
            clock.measure {
                for index in 0..<(size >> 20) {
                    header.withUnsafeBytes { _ = zmq_send(socket, $0.baseAddress, $0.count, ZMQ_SNDMORE) }
                    var message = zmq_msg_t()
                    zmq_msg_init_size(&message, 1 << 20)
                    if isFilm {
                        _ = pread(film, zmq_msg_data(&message), 1 << 20, index << 20)
                    } else {
                        memset(zmq_msg_data(&message), Int32(index & 0x7F), 1 << 20)
                    }
                    zmq_msg_send(&message, socket, 0)
                }
                zmq_send(socket, &answer, 0, ZMQ_SNDMORE)
                zmq_send(socket, &answer, 1, 0)
                zmq_recv(socket, &answer, answer.count, 0)
            } / .seconds(1)
        _ = try other.end()
        zmq_close(socket)
        zmq_ctx_term(context)
        return Double(size) / seconds
    }
}

enum BareReceiver {
    static func run(_ endpoint: String, _ target: String, _ secret: ArraySlice<String>) throws {
        let file = target == "-" ? -1 : open(target, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var hash = SHA256()
        let context = zmq_ctx_new()
        let socket = zmq_socket(context, ZMQ_ROUTER)
        Bare.limit(socket)
        if let secret = secret.first {
            var isServer: Int32 = 1
            zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &isServer, MemoryLayout<Int32>.size)
            zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, 40)
        }
        zmq_bind(socket, endpoint)
        var address = [CChar](repeating: 0, count: 256)
        var length = address.count
        zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, &address, &length)
        print(String(decoding: address.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        fflush(nil)
        var asked = 0
        while asked < 2 {
            var frames = [zmq_msg_t(), zmq_msg_t(), zmq_msg_t()]
            for index in frames.indices {
                zmq_msg_init(&frames[index])
                zmq_msg_recv(&frames[index], socket, 0)
            }
            // A single byte asks for an answer.
            if zmq_msg_size(&frames[2]) > 1, file >= 0 {
                let bytes = UnsafeRawBufferPointer(start: zmq_msg_data(&frames[2]), count: zmq_msg_size(&frames[2]))
                hash.update(bytes)
                guard write(file, bytes.baseAddress, bytes.count) == bytes.count else {
                    throw CocoaError(.fileWriteUnknown)
                }
            }
            if zmq_msg_size(&frames[2]) == 1 {
                asked += 1
                if file >= 0, asked == 2 {
                    _ = hash.finalize()
                    fsync(file)
                }
                zmq_msg_send(&frames[0], socket, ZMQ_SNDMORE)
                zmq_msg_send(&frames[2], socket, 0)
            }
            for index in frames.indices { zmq_msg_close(&frames[index]) }
        }
        _ = readLine()
        if file >= 0 { unlink(target) }
        zmq_close(socket)
        zmq_ctx_term(context)
    }
}

enum Bare {
    static func limit(_ socket: UnsafeMutableRawPointer?) {
        var most: Int32 = 32
        zmq_setsockopt(socket, ZMQ_SNDHWM, &most, MemoryLayout<Int32>.size)
        zmq_setsockopt(socket, ZMQ_RCVHWM, &most, MemoryLayout<Int32>.size)
    }
}

/// A pair of CURVE keys.
struct Pair {
    let `public`: String
    let secret: String

    init() {
        var keys = ([CChar](repeating: 0, count: 41), [CChar](repeating: 0, count: 41))
        zmq_curve_keypair(&keys.0, &keys.1)
        func text(_ key: [CChar]) -> String {
            String(decoding: key.prefix(40).map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        (`public`, secret) = (text(keys.0), text(keys.1))
    }
}
