// Ref<T>: a counted pointer to a T that carries its own count.
#pragma once

#include <atomic>
#include <utility>

namespace grim {

class Counted {
 public:
  Counted() = default;
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  virtual ~Counted() = default;
  void retain() const { count_.fetch_add(1, std::memory_order_relaxed); }
  bool release() const { return count_.fetch_sub(1, std::memory_order_acq_rel) == 1; }
  int count() const { return count_.load(std::memory_order_acquire); }

 private:
  mutable std::atomic<int> count_{0};
};

template <class T> class Ref {
 public:
  Ref() = default;
  Ref(T* p) : p_(p) { if (p_) p_->retain(); }
  Ref(const Ref& o) : Ref(o.p_) {}
  Ref(Ref&& o) noexcept : p_(std::exchange(o.p_, nullptr)) {}
  Ref& operator=(Ref o) noexcept {
    std::swap(p_, o.p_);
    return *this;
  }
  ~Ref() { if (p_ && p_->release()) delete p_; }
  T* get() const { return p_; }
  T* operator->() const { return p_; }
  T& operator*() const { return *p_; }
  explicit operator bool() const { return p_ != nullptr; }
  bool operator==(const Ref& o) const { return p_ == o.p_; }

 private:
  T* p_ = nullptr;
};

}  // namespace grim
