// Any JSON as a calibration: one that predicts joules within their interval and is the same when it is read back, or
// base::Error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "energy/estimate/calibration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ergon::energy;
    try {
        const Calibration one = parse_calibration(std::string(data, data + size), "input");
        Usage usage;
        usage.amounts.fill(1);
        const Figure joules = one.predict(usage);
        if (!(joules.low <= joules.value && joules.value <= joules.high)) std::abort();
        const std::string written = write_calibration(one);
        if (write_calibration(parse_calibration(written, "written")) != written) std::abort();
    } catch (const ergon::base::Error&) {
    }
    return 0;
}
