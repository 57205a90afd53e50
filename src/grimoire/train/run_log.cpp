#include "grimoire/train/run_log.h"

#include "grimoire/base/error.h"

namespace grim {

void RunLog::write(const Json& event) {
  try {
    if (!out_) out_ = files().append(path_);
    out_->write(event.dump() + "\n");
  } catch (const Error&) {
    ++lost_;
  }
}

void RunLog::drop_after(int64_t step) {
  out_.reset();
  if (!exists(path_)) return;
  const std::string text = read_file(path_);
  std::string kept;
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const std::string line = text.substr(begin, end - begin);
    try {
      if (Json::parse(line).integer("step", 0) <= step) kept += line + "\n";
    } catch (const Error&) {
      break;  // torn by a crash: nothing after it can be trusted
    }
  }
  if (kept != text) write_atomically(path_, kept);
}

}  // namespace grim
