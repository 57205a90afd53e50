#include "grimoire/train/curves.h"

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/json.h"

namespace grim {
namespace {

double real_or_nan(const Json& object, std::string_view key) {
  const Json* const v = object.find(key);
  if (!v || v->is_null()) return NAN;
  if (v->kind() != Json::Kind::text) return v->as_real();
  return v->as_text() == "Infinity" ? INFINITY : v->as_text() == "-Infinity" ? -INFINITY : NAN;
}

void read_ending(Curves& c, const Json& e, const std::string& event, double step) {
  c.ending = event;
  c.step = step;
  c.best_step = real_or_nan(e, "best_step");
  if (event == "diverged") c.lost = real_or_nan(e, "loss");
  c.train_loss = real_or_nan(e, "train_loss");
  c.dev_loss = real_or_nan(e, "dev_loss");
  c.test_loss = real_or_nan(e, "test_loss");
  c.common_loss = real_or_nan(e, "common_loss");
  c.baseline = real_or_nan(e, "baseline_loss");
  c.dev_score = real_or_nan(e, "dev_score");
  c.test_score = real_or_nan(e, "test_score");
  c.score_name = e.text("score", c.score_name);
}

void read_event(Curves& c, const Json& e) {
  const std::string& event = e.text("event");
  const double step = e.real("step", 0.0);
  if (event == "step") {
    c.train.push_back({step, real_or_nan(e, "loss")});
    c.tokens_per_second = real_or_nan(e, "tokens_per_second");
    c.seconds = real_or_nan(e, "seconds");
    c.ending.clear();
  } else if (event == "evaluation") {
    const double train = real_or_nan(e, "train_loss"), dev = real_or_nan(e, "dev_loss"), score = real_or_nan(e, "dev_score");
    if (std::isfinite(train)) c.train_at_dev.push_back({step, train});
    if (std::isfinite(dev)) c.dev.push_back({step, dev});
    if (std::isfinite(score)) c.scores.push_back({step, score});
    c.score_name = e.text("score", c.score_name);
  } else if (event == "end" || event == "stopped" || event == "diverged") {
    read_ending(c, e, event, step);
  }
}

}  // namespace

std::string Curves::cut_in_words() const { return cut_line ? str("metrics.jsonl is cut off in line {}", cut_line) : ""; }

Curves read_curves(const std::string& folder) {
  Curves c;
  const std::string path = join_path(folder, "metrics.jsonl");
  c.exists = exists(path);
  if (!c.exists) return c;
  const std::string text = read_file(path);
  for (size_t begin = 0, end; begin < text.size(); begin = end + 1, ++c.lines) {
    end = text.find('\n', begin);
    const bool last = end == std::string::npos || end + 1 == text.size();
    try {
      GRIM_CHECK(end != std::string::npos, input, "log", "{}: it ends within a line", path);
      read_event(c, Json::parse(std::string_view(text).substr(begin, end - begin), path));
    } catch (const Error&) {
      if (!last) throw Error(ErrorKind::input, str("{}: line {} is no event: the file was damaged or changed", path, c.lines + 1), "take that line out");
      c.cut_line = c.lines + 1;
      break;
    }
  }
  return c;
}

}  // namespace grim
