/// A promise that the simulation saw broken.
package struct Violation: Error, CustomStringConvertible {
    package var description: String
    init(_ description: String) { self.description = description }
}
