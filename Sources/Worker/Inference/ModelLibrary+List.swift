public import FarmModel
public import Models

extension ModelLibrary {
    /// What lies in the directories.
    public struct Listing: Sendable {
        /// Usable by their descriptions; of two with the same name and scale, the first.
        public var models: [ModelReference]
        /// Files that look like models and cannot be used, and why.
        public var problems: [InferenceError]
    }

    /// All models but those that are built in; networks are not loaded.
    public func list() -> Listing {
        var listing = Listing(models: [], problems: [])
        for path in files() {
            do throws(InferenceError) {
                let description = try ModelFile.description(of: path)
                let known = listing.models.contains {
                    $0.description.name == description.name && $0.description.scale == description.scale
                }
                guard !known else { continue }
                let hash = try ModelFile.hash(path)
                listing.models.append(ModelReference(description: description, sha256: hash, path: path))
            } catch {
                listing.problems.append(error)
            }
        }
        return listing
    }
}
