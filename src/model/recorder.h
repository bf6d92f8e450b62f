#pragma once
// What each operation of a step took, for the work account.

#include <array>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "energy/ledger/work_account.h"
#include "kernels/matmul.h"

namespace ergon::model {

/// The parts of a model that the account tells apart; their numbers are the account's component ids.
enum class Component : energy::ComponentId {
    embedding,
    attention_projections,
    attention,
    router,
    shared_expert,
    routed_experts,
    dense_feed_forward,
    norms_and_residual,
    output_head,
};
const std::vector<std::string>& component_names();

/// Adds one record for each operation of one step.
class Recorder {
  public:
    Recorder(energy::WorkAccount& account, std::int32_t sequences) : account_(account), sequences_(sequences) {}

    /// What follows belongs to this layer, -1: to none.
    void enter_layer(std::int64_t layer) { layer_ = static_cast<std::int32_t>(layer); }

    /// Starts the clock.
    energy::Work begin(Component component) const {
        energy::Work work;
        work.component = static_cast<energy::ComponentId>(component);
        work.sequences = sequences_;
        work.layer = layer_;
        if (account_.on()) work.begin = base::now();
        return work;
    }
    /// Stops it. `busy` is the workers' time, `users` as in WorkAccount::add.
    void end(energy::Work& work, base::Nanoseconds busy, std::span<const energy::User> users = {}) const {
        if (!account_.on()) return;
        work.elapsed = base::now() - work.begin;
        work.busy = busy;
        account_.add(work, users);
    }
    bool on() const { return account_.on(); }
    /// A record that was filled by hand.
    void add(const energy::Work& work, std::span<const energy::User> users) const { account_.add(work, users); }

  private:
    energy::WorkAccount& account_;
    std::int32_t sequences_;
    std::int32_t layer_ = -1;
};

/// Adds to `work` what a product moves and computes: its weights once, its activations in and out.
void count(energy::Work& work, const kernels::Product& product);

}  // namespace ergon::model
