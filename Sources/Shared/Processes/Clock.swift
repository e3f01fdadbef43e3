internal import Foundation

/// Monotonic seconds, for measuring only.
public enum Clock {
    public static var seconds: Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
}
