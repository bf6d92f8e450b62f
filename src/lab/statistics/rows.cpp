#include "lab/statistics/rows.h"

#include "base/error.h"

namespace ergon::lab {

void Rows::add(std::span<const double> row) {
    if (row.size() != columns_) {
        base::fail(base::ErrorCode::bad_argument, "A row of {} values was given to a table of {} columns.", row.size(),
                   columns_);
    }
    values_.insert(values_.end(), row.begin(), row.end());
}

}  // namespace ergon::lab
