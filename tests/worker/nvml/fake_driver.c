/* A driver without a GPU: the functions of libnvidia-ml.so.1 that the bindings look up, doing what a script says (fake_script.h). */

#include "fake_script.h"

/* What the script wants of this function: its return code. */
static int asked(const char *symbol, Device *device) {
    int code = SUCCESS;
    if (!is_initialised) return UNINITIALIZED;
    for (Fault *fault = faults; fault < faults + fault_count; fault++) {
        if (strcmp(fault->symbol, symbol)) continue;
        if (!strcmp(fault->what, "fail")) code = fault->number;
        if (!strcmp(fault->what, "slow")) usleep(fault->number * 1e3);
        if (!strcmp(fault->what, "hang")) while (now_seconds() >= fault->number) pause();
    }
    if (device && gone_seconds >= 0 && now_seconds() >= gone_seconds) return IS_LOST;
    return code;
}
#define ASKED(symbol, device) do { int code = asked(symbol, device); if (code) return code; } while (0)
#define NOT_OF_A_PART(device) do { if ((device)->parent) return NOT_SUPPORTED; } while (0)

int nvmlInitWithFlags(unsigned flags) {
    char line[2 * TEXT];
    const char *path = getenv("FAKE_NVML");
    FILE *script = path ? fopen(path, "r") : NULL;
    (void)flags;
    if (!script) return 9; /* NVML_ERROR_DRIVER_NOT_LOADED */
    clock_gettime(CLOCK_MONOTONIC, &start);
    device_count = fault_count = 0;
    while (fgets(line, sizeof line, script)) parse(line);
    fclose(script);
    is_initialised = 1;
    return asked("nvmlInitWithFlags", NULL);
}

int nvmlShutdown(void) { return is_initialised ? SUCCESS : UNINITIALIZED; }

const char *nvmlErrorString(int code) {
    switch (code) {
        case NOT_SUPPORTED: return "Not Supported";
        case NO_PERMISSION: return "Insufficient Permissions";
        case NOT_FOUND: return "Not Found";
        case IS_LOST: return "GPU is lost";
        default: return "Unknown Error";
    }
}

int nvmlSystemGetDriverVersion(char *version, unsigned length) {
    ASKED("nvmlSystemGetDriverVersion", NULL);
    snprintf(version, length, "%s", driver);
    return SUCCESS;
}

int nvmlSystemGetCudaDriverVersion_v2(int *version) {
    ASKED("nvmlSystemGetCudaDriverVersion_v2", NULL);
    *version = cuda;
    return SUCCESS;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
    ASKED("nvmlDeviceGetCount_v2", NULL);
    *count = 0;
    for (int index = 0; index < device_count; index++) *count += !devices[index].parent;
    return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned wanted, Device **found) {
    ASKED("nvmlDeviceGetHandleByIndex_v2", NULL);
    for (int index = 0; index < device_count; index++)
        if (!devices[index].parent && !wanted--) return *found = &devices[index], SUCCESS;
    return INVALID_ARGUMENT;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, Device **found) {
    ASKED("nvmlDeviceGetHandleByUUID", NULL);
    for (int index = 0; index < device_count; index++)
        if (!strcmp(devices[index].uuid, uuid)) return *found = &devices[index], SUCCESS;
    return NOT_FOUND;
}

int nvmlDeviceGetUUID(Device *device, char *uuid, unsigned length) {
    ASKED("nvmlDeviceGetUUID", device);
    snprintf(uuid, length, "%s", device->uuid);
    return SUCCESS;
}

int nvmlDeviceGetName(Device *device, char *name, unsigned length) {
    ASKED("nvmlDeviceGetName", device);
    snprintf(name, length, "%s", device->name);
    return SUCCESS;
}

int nvmlDeviceIsMigDeviceHandle(Device *device, unsigned *is_part) {
    ASKED("nvmlDeviceIsMigDeviceHandle", device);
    *is_part = device->parent != NULL;
    return SUCCESS;
}

static unsigned parts(Device *device) {
    unsigned count = 0;
    for (int index = 0; index < device_count; index++) count += devices[index].parent == device;
    return count;
}

int nvmlDeviceGetMigMode(Device *device, unsigned *current, unsigned *pending) {
    ASKED("nvmlDeviceGetMigMode", device);
    *current = *pending = parts(device) > 0;
    return SUCCESS;
}

int nvmlDeviceGetMaxMigDeviceCount(Device *device, unsigned *count) {
    ASKED("nvmlDeviceGetMaxMigDeviceCount", device);
    *count = 7;
    return SUCCESS;
}

/* The first place is empty. */
int nvmlDeviceGetMigDeviceHandleByIndex(Device *device, unsigned place, Device **found) {
    ASKED("nvmlDeviceGetMigDeviceHandleByIndex", device);
    for (int index = 0; place && index < device_count; index++)
        if (devices[index].parent == device && !--place) return *found = &devices[index], SUCCESS;
    return NOT_FOUND;
}

static uint64_t used(Device *device) {
    uint64_t bytes = 0;
    double seconds = now_seconds();
    for (int index = 0; index < device->step_count; index++)
        if (device->steps[index].seconds <= seconds) bytes = device->steps[index].bytes;
    FILE *file = device->memory_file[0] ? fopen(device->memory_file, "r") : NULL;
    if (file) {
        if (fscanf(file, "%lu", &bytes) != 1) bytes = 0;
        fclose(file);
    }
    return bytes;
}

typedef struct { unsigned long long total, free, used; } Memory;

int nvmlDeviceGetMemoryInfo(Device *device, Memory *memory) {
    ASKED("nvmlDeviceGetMemoryInfo", device);
    uint64_t taken = used(device) + device->reserved;
    *memory = (Memory){device->total, device->total - taken, taken};
    return SUCCESS;
}

int nvmlDeviceGetClockInfo(Device *device, unsigned type, unsigned *mhz) {
    ASKED("nvmlDeviceGetClockInfo", device);
    NOT_OF_A_PART(device);
    *mhz = type == 1 ? device->sm_clock : device->memory_clock;
    return SUCCESS;
}

int nvmlDeviceGetMaxClockInfo(Device *device, unsigned type, unsigned *mhz) {
    ASKED("nvmlDeviceGetMaxClockInfo", device);
    NOT_OF_A_PART(device);
    *mhz = type == 1 ? 1980 : 2619;
    return SUCCESS;
}

int nvmlDeviceGetEnforcedPowerLimit(Device *device, unsigned *milliwatts) {
    ASKED("nvmlDeviceGetEnforcedPowerLimit", device);
    NOT_OF_A_PART(device);
    *milliwatts = device->power_limit;
    return SUCCESS;
}

int nvmlDeviceGetPersistenceMode(Device *device, unsigned *mode) {
    ASKED("nvmlDeviceGetPersistenceMode", device);
    NOT_OF_A_PART(device);
    *mode = device->persistence;
    return SUCCESS;
}

int nvmlDeviceGetEccMode(Device *device, unsigned *current, unsigned *pending) {
    ASKED("nvmlDeviceGetEccMode", device);
    NOT_OF_A_PART(device);
    *current = *pending = device->ecc;
    return SUCCESS;
}

int nvmlDeviceGetTemperature(Device *device, unsigned sensor, unsigned *celsius) {
    (void)sensor;
    ASKED("nvmlDeviceGetTemperature", device);
    NOT_OF_A_PART(device);
    *celsius = device->temperature;
    return SUCCESS;
}

typedef struct { unsigned pid; unsigned long long bytes; unsigned gpu_instance, compute_instance; } ProcessInfo;

static int list_processes(Device *device, unsigned *count, ProcessInfo *listed) {
    unsigned room = *count;
    *count = device->process_count;
    if (!device->process_count) return SUCCESS;
    if (room < *count || !listed) return INSUFFICIENT_SIZE;
    for (int index = 0; index < device->process_count; index++) {
        Process *process = &device->processes[index];
        listed[index] = (ProcessInfo){.gpu_instance = ~0u, .compute_instance = ~0u};
        listed[index].pid = strcmp(process->pid, "parent") ? strtoul(process->pid, NULL, 10) : (unsigned)getppid();
        listed[index].bytes = strcmp(process->bytes, "none") ? strtoull(process->bytes, NULL, 10) : ~0ull;
    }
    return SUCCESS;
}

int nvmlDeviceGetComputeRunningProcesses_v2(Device *device, unsigned *count, ProcessInfo *listed) {
    ASKED("nvmlDeviceGetComputeRunningProcesses_v2", device);
    return list_processes(device, count, listed);
}

#ifndef OLD_DRIVER
int nvmlDeviceGetComputeRunningProcesses_v3(Device *device, unsigned *count, ProcessInfo *listed) {
    ASKED("nvmlDeviceGetComputeRunningProcesses_v3", device);
    return list_processes(device, count, listed);
}

typedef struct { unsigned version; unsigned long long total, reserved, free, used; } Memory_v2;

int nvmlDeviceGetMemoryInfo_v2(Device *device, Memory_v2 *memory) {
    ASKED("nvmlDeviceGetMemoryInfo_v2", device);
    if (memory->version != (sizeof(Memory_v2) | 2u << 24)) return 25; /* NVML_ERROR_ARGUMENT_VERSION_MISMATCH */
    uint64_t taken = used(device);
    *memory = (Memory_v2){memory->version, device->total, device->reserved, device->total - device->reserved - taken, taken};
    return SUCCESS;
}

typedef struct { unsigned version, sensor; int celsius; } Temperature;

int nvmlDeviceGetTemperatureV(Device *device, Temperature *temperature) {
    ASKED("nvmlDeviceGetTemperatureV", device);
    NOT_OF_A_PART(device);
    if (temperature->version != (sizeof(Temperature) | 1u << 24)) return 25;
    temperature->celsius = device->temperature;
    return SUCCESS;
}

int nvmlDeviceGetTotalEnergyConsumption(Device *device, unsigned long long *millijoules) {
    ASKED("nvmlDeviceGetTotalEnergyConsumption", device);
    if (device->parent || device->energy_millijoules < 0) return NOT_SUPPORTED;
    double seconds = now_seconds(), refresh = device->refresh_seconds;
    if (refresh > 0) seconds = (unsigned long)(seconds / refresh) * refresh;
    *millijoules = device->energy_millijoules + device->watts * 1e3 * seconds;
    return SUCCESS;
}

typedef struct { unsigned field, scope; long long timestamp, latency; unsigned type, code; unsigned long long value; } FieldValue;

int nvmlDeviceGetFieldValues(Device *device, int count, FieldValue *values) {
    ASKED("nvmlDeviceGetFieldValues", device);
    NOT_OF_A_PART(device);
    double seconds = now_seconds();
    for (FieldValue *value = values; value < values + count; value++) {
        value->code = NOT_SUPPORTED;
        for (Counter *counter = device->counters; counter < device->counters + device->counter_count; counter++) {
            if (counter->field != value->field) continue;
            double end = seconds < counter->to ? seconds : counter->to;
            if (value->code) value->value = 1000000000;
            value->code = SUCCESS;
            value->type = 3; /* unsigned long long */
            value->value += end > counter->from ? (end - counter->from) * counter->share * 1e9 : 0;
        }
    }
    return SUCCESS;
}
#endif
