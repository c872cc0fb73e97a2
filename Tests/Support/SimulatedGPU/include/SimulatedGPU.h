/// Gives this process the device `cuda:0`, where no GPU is: its memory is the processor's, its operations are the
/// processor's, and it refuses, as a GPU does, operands of which some are on the processor. Tests that pass on it mix no
/// devices; of a real GPU's arithmetic it says nothing.
///
/// Call it before anything else of libtorch, which looks for devices once. Where COUPLET_TEST_DEVICE is `simulated`, it is
/// called when the program starts. Where libtorch has a GPU library already, it does nothing.
void simulated_gpu_install(void);
