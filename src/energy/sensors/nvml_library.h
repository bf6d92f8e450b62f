#pragma once
// NVIDIA's library NVML, loaded at run time: the functions of its nvml.h that are needed.

#include <filesystem>
#include <memory>
#include <string>

namespace ergon::energy::nvml {

using Device = struct OpaqueDevice*;

inline constexpr int success = 0, insufficient_size = 7;
inline constexpr int not_found = 6;  // of processes: none worked since

/// nvmlProcessInfo_t of the functions that end in _v2 and _v3.
struct ProcessInfo {
    unsigned pid = 0;
    unsigned long long memory = 0;
    unsigned gpu_instance = 0;
    unsigned compute_instance = 0;
};

/// nvmlProcessUtilizationSample_t; percent of the time in which a kernel of the process ran.
struct ProcessUtilization {
    unsigned pid = 0;
    unsigned long long microseconds = 0;
    unsigned sm = 0, memory = 0, encoder = 0, decoder = 0;
};

/// nvmlMemory_t.
struct Memory {
    unsigned long long total = 0, free = 0, used = 0;
};

/// All return 0 when they succeed. Those after `device` may be missing.
struct Functions {
    int (*init)() = nullptr;
    int (*shutdown)() = nullptr;
    int (*count)(unsigned*) = nullptr;
    int (*device)(unsigned, Device*) = nullptr;
    int (*name)(Device, char*, unsigned) = nullptr;
    int (*total_energy)(Device, unsigned long long*) = nullptr;  // millijoules
    int (*power)(Device, unsigned*) = nullptr;                   // milliwatts
    int (*compute_processes)(Device, unsigned*, ProcessInfo*) = nullptr;
    int (*graphics_processes)(Device, unsigned*, ProcessInfo*) = nullptr;
    int (*utilization)(Device, ProcessUtilization*, unsigned*, unsigned long long) = nullptr;
    int (*memory)(Device, Memory*) = nullptr;
};

/// The loaded library, initialised; who uses it keeps it alive.
class Library {
  public:
    explicit Library(void* handle);
    ~Library();
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

    Functions functions;
    std::string problem;  // why it cannot be used

  private:
    void* handle_;
    bool initialised_ = false;
};

/// `file` is a name for the loader or a path. Nothing where there is no such library.
std::shared_ptr<const Library> open_library(const std::filesystem::path& file);

}  // namespace ergon::energy::nvml
