extension FilmComparison {
    /// What a pass that is done has found.
    init(_ request: ComparisonRequest, _ pass: ComparisonPass) {
        frames = pass.frames
        (a, b, reference) = (Film(pass.a), Film(pass.b), request.reference)
        guide = request.reference == nil ? .b : .reference
        ratios = Ratios(
            sharpness: ratio(a.sharpness, b.sharpness),
            warpingError: ratio(a.warpingError, b.warpingError))
        cuts = pass.cuts
        borders = Borders(
            given: request.borders, keyframes: (pass.a.keyframes, pass.b.keyframes), count: pass.frames)
        seam = Seam(borders.frames, a: a.perFrame.warpingError, b: b.perFrame.warpingError)
        let seconds = pass.a.times.compactMap(\.self)
        times = seconds.count == pass.frames ? seconds.map { $0 - seconds[0] } : nil
        let beyond = (request.borders ?? []).filter { $0 >= pass.frames }
        warnings =
            pass.warnings
            + (beyond.isEmpty ? [] : ["no border at \(beyond): the films have frames 0 to \(pass.frames - 1)"])
    }
}

extension FilmComparison.Film {
    fileprivate init(_ film: MeasuredFilm) {
        path = film.path
        sharpness = mean(film.sharpness)
        let errors = film.warpingError.compactMap(\.self)
        warpingError = errors.isEmpty ? nil : mean(errors)
        perFrame = .init(sharpness: film.sharpness, warpingError: film.warpingError)
        guard !film.similarity.isEmpty else { return }
        let squaredErrors = film.similarity.map(\.squaredError)
        perFrame.psnr = squaredErrors.map(FilmComparison.Likeness.psnr)
        perFrame.ssim = film.similarity.map(\.ssim)
        likeness = .init(
            psnr: FilmComparison.Likeness.psnr(mean(squaredErrors)), ssim: mean(film.similarity.map(\.ssim)))
    }
}

private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
