// oneDNN offers bf16 products as primitives only, made once for each shape and layout: half a millisecond, so that each thread keeps those it has made.
#include "grimoire/device/bf16_product.h"

#include <array>
#include <map>
#include <memory>

#include "grimoire/base/error.h"
#include "grimoire/device/onednn.h"

namespace grim::device {
namespace {

constexpr size_t kKept = 512;  // primitives a thread

void check(dnnl_status_t status, const char* step) {
  GRIM_CHECK(status == dnnl_success, resource, "gemm", "oneDNN refused a bf16 product: {}, status {}", step, static_cast<int>(status));
}

template <auto Destroy, class T> struct Owned {
  Owned() = default;
  ~Owned() { if (handle) Destroy(handle); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  T handle = nullptr;
};

// Made once and left to the end of the process, as oneDNN's own state is.
dnnl_engine_t engine() {
  static const dnnl_engine_t one = [] {
    dnnl_engine_t made = nullptr;
    check(dnnl_engine_create(&made, dnnl_cpu, 0), "engine");
    return made;
  }();
  return one;
}

struct Layout {
  int64_t M, N, K, a_row, a_col, b_row, b_col, c_row;
  float beta;
  auto operator<=>(const Layout&) const = default;
};

class Product {
 public:
  explicit Product(const Layout& s) {
    const dnnl_memory_desc_t a = described({s.M, s.K}, {s.a_row, s.a_col}, dnnl_bf16), b = described({s.K, s.N}, {s.b_row, s.b_col}, dnnl_bf16),
                             c = described({s.M, s.N}, {s.c_row, 1}, dnnl_f32);
    dnnl_matmul_desc_t product;
    check(dnnl_matmul_desc_init(&product, &a, &b, nullptr, &c), "description");
    Owned<dnnl_primitive_attr_destroy, dnnl_primitive_attr_t> attributes;
    check(dnnl_primitive_attr_create(&attributes.handle), "attributes");
    if (s.beta != 0) {
      Owned<dnnl_post_ops_destroy, dnnl_post_ops_t> then;
      check(dnnl_post_ops_create(&then.handle), "sum");
      check(dnnl_post_ops_append_sum(then.handle, s.beta), "sum");
      check(dnnl_primitive_attr_set_post_ops(attributes.handle, then.handle), "sum");
    }
    Owned<dnnl_primitive_desc_destroy, dnnl_primitive_desc_t> made;
    check(dnnl_primitive_desc_create(&made.handle, &product, attributes.handle, engine(), nullptr), "choice");
    check(dnnl_primitive_create(&primitive_.handle, made.handle), "primitive");
    check(dnnl_stream_create(&stream_.handle, engine(), dnnl_stream_default_flags), "stream");
    for (const auto& [memory, where] : {std::pair{&a_, &a}, {&b_, &b}, {&c_, &c}})
      check(dnnl_memory_create(&memory->handle, where, engine(), DNNL_MEMORY_NONE), "memory");
  }

  void run(const Gemm<Bf16>& g) {
    check(dnnl_memory_set_data_handle(a_.handle, const_cast<Bf16*>(g.a)), "A");
    check(dnnl_memory_set_data_handle(b_.handle, const_cast<Bf16*>(g.b)), "B");
    check(dnnl_memory_set_data_handle(c_.handle, g.c), "C");
    const std::array<dnnl_exec_arg_t, 3> operands{{{DNNL_ARG_SRC, a_.handle}, {DNNL_ARG_WEIGHTS, b_.handle}, {DNNL_ARG_DST, c_.handle}}};
    check(dnnl_primitive_execute(primitive_.handle, stream_.handle, static_cast<int>(operands.size()), operands.data()), "run");
    check(dnnl_stream_wait(stream_.handle), "run");
  }

 private:
  static dnnl_memory_desc_t described(std::array<int64_t, 2> sizes, std::array<int64_t, 2> steps, dnnl_data_type_t type) {
    for (int i = 0; i < 2; ++i)
      if (sizes[i] == 1) steps[i] = steps[1 - i] == 1 ? sizes[1 - i] : 1;  // of one line any step is true: the one that oneDNN takes for dense
    dnnl_memory_desc_t d;
    check(dnnl_memory_desc_init_by_strides(&d, 2, sizes.data(), type, steps.data()), "layout");
    return d;
  }

  Owned<dnnl_primitive_destroy, dnnl_primitive_t> primitive_;
  Owned<dnnl_stream_destroy, dnnl_stream_t> stream_;
  Owned<dnnl_memory_destroy, dnnl_memory_t> a_, b_, c_;
};

}  // namespace

bool has_bf16_products() {
  static const bool has = onednn_has(dnnl_cpu_isa_avx512_core_bf16);
  return has;
}

void bf16_product(const Gemm<Bf16>& g) {
  keep_onednn_on_this_thread();
  static thread_local std::map<Layout, std::unique_ptr<Product>> made;
  const Layout layout{g.M, g.N, g.K, g.a_row, g.a_col, g.b_row, g.b_col, g.c_row, g.beta};
  auto found = made.find(layout);
  if (found == made.end()) {
    if (made.size() >= kKept) made.clear();
    found = made.emplace(layout, std::make_unique<Product>(layout)).first;
  }
  found->second->run(g);
}

}  // namespace grim::device
