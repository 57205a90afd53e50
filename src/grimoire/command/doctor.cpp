#include "grimoire/base/files.h"
#include "grimoire/command/commands.h"
#include "grimoire/train/report.h"

namespace grim {
namespace {

class DoctorCommand final : public Command {
 public:
  std::string name() const override { return "doctor"; }
  std::string summary() const override { return "look inside a run: is the network healthy?"; }
  std::vector<std::string> examples() const override { return {"grimoire doctor runs/names", "grimoire doctor runs/names --json"}; }
  std::vector<Positional> positionals() override { return {{"folder", "the run folder", &folder_}}; }

  int run(Console& console) override {
    const Diagnosis d = diagnose_run(folder_);
    console.data(to_text(d));
    write_report(folder_, &d);
    console.say(str("with pictures: {}", join_path(folder_, "report.html")));
    if (console.json()) console.result(to_json(d));
    return 0;
  }

 private:
  std::string folder_;
};

}  // namespace

std::unique_ptr<Command> make_doctor_command() { return std::make_unique<DoctorCommand>(); }

}  // namespace grim
