#include "grimoire/command/stats/answer.h"

#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/command/numbers.h"

namespace grim {

using namespace stats;

Answer show(const TestResult& r) {
  GRIM_CHECK(std::isfinite(r.statistic.value), numeric, r.method, "the statistic {} is {}: it does not exist for these values, or is beyond the "
             "range of a double", r.statistic.name, number(r.statistic.value));
  Lines lines = {{r.statistic.name, number(r.statistic.value)}};
  std::string df;
  for (double v : r.df) df += (df.empty() ? "" : ", ") + number(v);
  if (!df.empty()) lines.emplace_back("df", df);
  lines.emplace_back("p-value", str("{} ({})", r.impossible ? "0" : probability(r.p_value), name_of(r.alternative)));
  for (const Named& e : r.estimates) lines.emplace_back(e.name, number(e.value));
  if (r.interval)
    lines.emplace_back(str("{:.4g} % interval", 100 * r.interval->level),
                       str("{} to {} ({})", number(r.interval->low), number(r.interval->high), r.interval->of));
  if (r.effect) lines.emplace_back("effect", str("{} ({})", number(r.effect->value), r.effect->name));
  for (const std::string& note : r.notes) lines.emplace_back("note", note);
  return {r.method + "\n" + aligned(lines) + r.meaning + "\n", to_json(r)};
}

}  // namespace grim
