#include "energy/sensors/nvml_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace ergon::energy::nvml {
namespace {

template <typename Function>
void load(void* handle, Function& function, const char* name) {
    function = reinterpret_cast<Function>(::dlsym(handle, name));
}

}  // namespace

Library::Library(void* handle) : handle_(handle) {
    load(handle, functions.init, "nvmlInit_v2");
    load(handle, functions.shutdown, "nvmlShutdown");
    load(handle, functions.count, "nvmlDeviceGetCount_v2");
    load(handle, functions.device, "nvmlDeviceGetHandleByIndex_v2");
    load(handle, functions.name, "nvmlDeviceGetName");
    load(handle, functions.total_energy, "nvmlDeviceGetTotalEnergyConsumption");
    load(handle, functions.power, "nvmlDeviceGetPowerUsage");
    load(handle, functions.compute_processes, "nvmlDeviceGetComputeRunningProcesses_v3");
    load(handle, functions.graphics_processes, "nvmlDeviceGetGraphicsRunningProcesses_v3");
    load(handle, functions.utilization, "nvmlDeviceGetProcessUtilization");
    load(handle, functions.memory, "nvmlDeviceGetMemoryInfo");
    const bool complete = functions.init && functions.shutdown && functions.count && functions.device &&
                          (functions.total_energy || functions.power);
    if (!complete) {
        problem = "it lacks required functions; install a newer driver";
    } else if (const int code = functions.init(); code != success) {
        problem = fmt::format("nvmlInit_v2 failed with error {}; run nvidia-smi for details", code);
    } else {
        initialised_ = true;
    }
}

Library::~Library() {
    if (initialised_) functions.shutdown();
    ::dlclose(handle_);
}

std::shared_ptr<const Library> open_library(const std::filesystem::path& file) {
    void* const handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    return handle == nullptr ? nullptr : std::make_shared<const Library>(handle);
}

}  // namespace ergon::energy::nvml
