import FarmModel
import Foundation

extension JobRecord {
    /// Where the film is joined: beside its output, so that naming it is one step.
    var partialPath: String {
        let output = URL(fileURLWithPath: output)
        let folder = output.deletingLastPathComponent().path
        return "\(folder)/.\(output.lastPathComponent).\(id).part"
    }
}
