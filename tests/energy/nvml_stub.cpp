// Stands in for NVIDIA's library: cards whose answers a test sets. CMake builds it in several kinds.

namespace {
struct Card {
    unsigned long long millijoules = 1000;
    unsigned milliwatts = 100'000;
    int error = 0;
};
Card cards[2];
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
