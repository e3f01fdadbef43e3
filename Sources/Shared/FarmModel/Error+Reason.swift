import Foundation

extension Error {
    /// What a person should read of it: the system's own words ("No space left on device") where Foundation wraps them.
    public var reason: String {
        let wrapped = self as NSError
        if wrapped.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(wrapped.code))) }
        if let cause = wrapped.userInfo[NSUnderlyingErrorKey] as? any Error { return cause.reason }
        guard wrapped.domain == NSCocoaErrorDomain else { return "\(self)" }
        switch CocoaError.Code(rawValue: wrapped.code) {
        case .fileWriteOutOfSpace: return String(cString: strerror(ENOSPC))
        case .fileNoSuchFile, .fileReadNoSuchFile: return String(cString: strerror(ENOENT))
        case .fileWriteNoPermission, .fileReadNoPermission: return String(cString: strerror(EACCES))
        default: return wrapped.localizedDescription
        }
    }
}
