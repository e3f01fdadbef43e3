public import ArgumentParser
public import Machine

extension DecodingUnit: ExpressibleByArgument {}
