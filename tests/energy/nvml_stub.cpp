// Stands in for NVIDIA's library: cards whose answers a test sets. CMake builds it in several kinds.

namespace {
struct Card {
    unsigned long long millijoules = 1000;
    unsigned milliwatts = 100'000;
    int error = 0;
};
/// Who uses a card; a library that does not tell answers "not supported".
struct Users {
    int tells = 0;
    unsigned count = 0;
    unsigned pids[4] = {};
    unsigned busy[4] = {};  // percent
    unsigned long long memory = 0;
};
struct ProcessInfo {
    unsigned pid;
    unsigned long long memory;
    unsigned gpu_instance, compute_instance;
};
struct Utilization {
    unsigned pid;
    unsigned long long microseconds;
    unsigned sm, memory, encoder, decoder;
};
struct Memory {
    unsigned long long total, free, used;
};
Card cards[2];
Users users[2];
const Users& users_of(const Card* card) {
    return users[card - cards];
}
constexpr int not_supported = 3;
int running = 0;
}  // namespace

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED Card* stub_card(int index) {
    return &cards[index];
}
EXPORTED int stub_running() {
    return running;
}

#if defined(STUB_INIT_FAILS)
EXPORTED int nvmlInit_v2() {
    return 9;  // NVML_ERROR_DRIVER_NOT_LOADED
}
#else
EXPORTED int nvmlInit_v2() {
    ++running;
    return 0;
}
#endif
EXPORTED int nvmlShutdown() {
    --running;
    return 0;
}
EXPORTED int nvmlDeviceGetCount_v2(unsigned* count) {
    *count = 2;
    return 0;
}
#if !defined(STUB_MISSING_SYMBOL)
EXPORTED int nvmlDeviceGetHandleByIndex_v2(unsigned index, Card** card) {
    if (cards[index].error != 0) return cards[index].error;
    *card = &cards[index];
    return 0;
}
#endif
EXPORTED int nvmlDeviceGetName(Card*, char* name, unsigned length) {
    const char text[] = "Stub";
    for (unsigned i = 0; i < sizeof(text) && i < length; ++i) name[i] = text[i];
    return 0;
}
EXPORTED int nvmlDeviceGetTotalEnergyConsumption(Card* card, unsigned long long* millijoules) {
#if defined(STUB_NO_ENERGY)
    (void)card, (void)millijoules;
    return 3;  // NVML_ERROR_NOT_SUPPORTED
#else
    *millijoules = card->millijoules;
    return card->error;
#endif
}
EXPORTED int nvmlDeviceGetPowerUsage(Card* card, unsigned* milliwatts) {
    *milliwatts = card->milliwatts;
    return card->error;
}
EXPORTED Users* stub_users(int index) {
    return &users[index];
}
EXPORTED int nvmlDeviceGetComputeRunningProcesses_v3(Card* card, unsigned* count, ProcessInfo* processes) {
    const Users& who = users_of(card);
    if (who.tells == 0) return not_supported;
    if (*count < who.count) {
        *count = who.count;
        return 7;  // NVML_ERROR_INSUFFICIENT_SIZE
    }
    *count = who.count;
    for (unsigned i = 0; i < who.count; ++i) processes[i] = {who.pids[i], 0, 0, 0};
    return 0;
}
EXPORTED int nvmlDeviceGetProcessUtilization(Card* card, Utilization* samples, unsigned* count, unsigned long long) {
    const Users& who = users_of(card);
    if (who.tells == 0) return not_supported;
    *count = who.count;
    for (unsigned i = 0; i < who.count; ++i) samples[i] = {who.pids[i], 1, who.busy[i], 0, 0, 0};
    return 0;
}
EXPORTED int nvmlDeviceGetMemoryInfo(Card* card, Memory* memory) {
    *memory = {80ull << 30, 0, users_of(card).memory};
    return 0;
}
