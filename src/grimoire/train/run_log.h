// metrics.jsonl: one JSON object an event, one event a line. Appending never rewrites what is there; a resumed run first drops
// the events after its checkpoint, so that the file reads as if the run had never stopped.
#pragma once

#include <memory>
#include <string>

#include "grimoire/base/files.h"
#include "grimoire/base/json.h"

namespace grim {

class RunLog {
 public:
  explicit RunLog(const std::string& path) : path_(path) {}
  void write(const Json& event);  // a full disk is not the end of a run: the event is lost, `lost()` counts
  int64_t lost() const { return lost_; }
  void drop_after(int64_t step);  // events with a larger "step", and an unfinished last line

 private:
  std::string path_;
  std::unique_ptr<OutFile> out_;
  int64_t lost_ = 0;
};

}  // namespace grim
