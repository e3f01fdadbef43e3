import FarmProtocol
import Foundation

/// libFuzzer's entry. It is built by scripts/fuzz.sh and is no part of the package: libFuzzer brings the `main`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzProtocol(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let data = bytes.map { Data(bytes: $0, count: count) } ?? Data()
    do { try WireCheck.check(data) } catch { fatalError("\(error)") }
    return 0
}
