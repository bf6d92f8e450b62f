#include "kernels/builds/isa.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "kernels/builds/table.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace ergon::kernels {
namespace {

#if defined(__x86_64__)
/// Conversions to and from F16; clang 16's __builtin_cpu_supports does not know them. It does know whether the system
/// saves AVX's registers.
bool has_f16c() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
#endif

bool runs_here(Isa isa) {
    switch (isa) {
        case Isa::scalar: return true;
#if defined(__x86_64__)
        case Isa::avx2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
        case Isa::avx512:
            return runs_here(Isa::avx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vnni");
#endif
        default: return false;
    }
}

const KernelTable& table_of(Isa isa) {
    switch (isa) {
#if defined(__x86_64__)
        case Isa::avx2: return avx2_table();
        case Isa::avx512: return avx512_table();
#endif
        default: return scalar_table();
    }
}

std::string available_names() {
    std::string names;
    for (const Isa isa : available_isas()) names.append(names.empty() ? "" : ", ").append(name(isa));
    return names;
}

void check_runs_here(Isa isa) {
    if (!runs_here(isa)) {
        base::fail(base::ErrorCode::bad_argument, "this processor cannot run the {} kernels; it can run: {}", name(isa),
                   available_names());
    }
}

Isa chosen_at_start() {
    const char* wish = std::getenv("ERGON_ISA");
    if (wish == nullptr || *wish == '\0') return available_isas().back();
    for (const Isa isa : {Isa::scalar, Isa::avx2, Isa::avx512}) {
        if (name(isa) == wish) {
            check_runs_here(isa);
            return isa;
        }
    }
    base::fail(base::ErrorCode::bad_argument, "ERGON_ISA={} is not an instruction set; it can be: {}", wish,
               available_names());
}

struct Choice {
    std::atomic<Isa> isa;
    std::atomic<const KernelTable*> table;
};

Choice& choice() {
    static Choice chosen = [] {
        const Isa isa = chosen_at_start();
        return Choice{isa, &table_of(isa)};
    }();
    return chosen;
}

}  // namespace

std::string_view name(Isa isa) {
    switch (isa) {
        case Isa::scalar: return "scalar";
        case Isa::avx2: return "avx2";
        case Isa::avx512: return "avx512";
    }
    return "";
}

const std::vector<Isa>& available_isas() {
    static const std::vector<Isa> isas = [] {
        std::vector<Isa> all{Isa::scalar, Isa::avx2, Isa::avx512};
        std::erase_if(all, [](Isa isa) { return !runs_here(isa); });
        return all;
    }();
    return isas;
}

Isa current_isa() {
    return choice().isa;
}

void use_isa(Isa isa) {
    check_runs_here(isa);
    choice().isa = isa;
    choice().table = &table_of(isa);
}

const KernelTable& table() {
    return *choice().table;
}

}  // namespace ergon::kernels
